package intake

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/directory"
	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/internal/jobs"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// FuzzVerify compares with slack-go's verifier, which knows one secret only, and only the real clock: so this one target
// looks at it. The timestamp is a number near now, with whatever text before and after it.
func FuzzVerify(f *testing.F) {
	for _, skew := range []int64{0, 290, -290, 310, -310} {
		f.Add("", skew, "", "v0=", []byte("body"), true)
		f.Add("", skew, "", "v1=", []byte(""), true)
		f.Add("", skew, "", documentedSignature, []byte(documentedBody), false)
	}
	for _, text := range []string{"+", "-", " ", "0", "0x", "1e9", "_", ".0", "e0", "\n", "\x00", "٠", "99999999999"} {
		f.Add(text, int64(0), "", "v0=", []byte("body"), true)
		f.Add("", int64(0), text, "v0=", []byte("body"), true)
	}
	f.Add("", int64(0), "", "v0=zz", []byte("x"), false)
	f.Add("", int64(0), "", "", []byte("x"), false)
	f.Fuzz(func(t *testing.T, before string, skew int64, after, signature string, body []byte, complete bool) {
		now := time.Now()
		if edge := skew - 300; skew > 1<<40 || skew < -1<<40 || (edge < 5 && edge > -5) || (skew < -295 && skew > -305) {
			t.Skip("the clock moves between the two")
		}
		stamp := before + strconv.FormatInt(now.Unix()+skew, 10) + after
		if complete {
			signature += hex.EncodeToString(sign(signingSecret, stamp, body))
		}
		header := headers(stamp, signature)
		ours := verify(header, body, []credentials.Secret{signingSecret}, now)
		if theirs := slackGo(header, body); (ours == nil) != (theirs == nil) {
			t.Errorf("timestamp %q, signature %q: ours %v, slack-go's %v", stamp, signature, ours, theirs)
		}
	})
}

func slackGo(header http.Header, body []byte) error {
	verifier, err := slack.NewSecretsVerifier(header, signingSecret.Reveal())
	if err != nil {
		return err
	}
	if _, err := verifier.Write(body); err != nil {
		return err
	}
	return verifier.Ensure()
}

// seed gives a target the payloads of a route.
func seed(f *testing.F, route string, body func(payloadCase) string) {
	f.Helper()
	for _, c := range payloadCases(f) {
		if c.Route == route {
			f.Add([]byte(body(c)))
		}
	}
}

// fieldNamed is all that an error may say.
var fieldNamed = regexp.MustCompile(`^field [a-z_.]+ is missing or malformed$|^field \((form|JSON)\) is missing or malformed$`)

// read returns what is served of a body, or nil.
func read(t *testing.T, r reader, body []byte) payload {
	t.Helper()
	isSSLCheck(body)
	urlVerification(body)
	p, err := r(body)
	if err != nil {
		if !fieldNamed.MatchString(err.Error()) {
			t.Errorf("the error is %q", err)
		}
		return nil
	}
	if p.envelope().settled != "" {
		return nil
	}
	return p
}

// fits holds a value to what rows and jobs can have.
func fits(t *testing.T, values ...string) {
	t.Helper()
	for _, v := range values {
		if len(v) > 1000 || !utf8.ValidString(v) || strings.ContainsFunc(v, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
			t.Errorf("took %q", v)
		}
	}
}

// stays says that a workspace is still itself when a payload brings it again.
func stays(t *testing.T, r reader, body []byte, want directory.Workspace) {
	t.Helper()
	p, err := r(body)
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	if diff := cmp.Diff(want, p.envelope().workspace); diff != "" {
		t.Errorf("workspace (-first +again):\n%s", diff)
	}
}

func FuzzCommand(f *testing.F) {
	seed(f, "/slack/commands", payloadCase.body)
	f.Add([]byte("ssl_check=1"))
	f.Fuzz(func(t *testing.T, body []byte) {
		c, ok := read(t, readCommand, body).(command)
		if !ok {
			return
		}
		w := c.workspace
		fits(t, c.name, c.appID, w.TeamID, w.EnterpriseID, c.userID, c.triggerID, c.responseURL)
		again := form("1")
		again.Set("team_id", w.TeamID)
		again.Set("enterprise_id", w.EnterpriseID)
		again.Set("is_enterprise_install", strconv.FormatBool(w.OrgInstall))
		stays(t, readCommand, []byte(again.Encode()), w)
	})
}

// FuzzInteraction gets the JSON, which mutates better than the form around it.
func FuzzInteraction(f *testing.F) {
	inForm := func(payload []byte) []byte { return []byte(url.Values{"payload": {string(payload)}}.Encode()) }
	seed(f, "/slack/interactions", func(c payloadCase) string { return string(c.Payload) })
	f.Fuzz(func(t *testing.T, content []byte) {
		p := read(t, readInteraction, inForm(content))
		if p == nil {
			return
		}
		w := p.envelope().workspace
		fits(t, p.envelope().appID, w.TeamID, w.EnterpriseID)
		switch p := p.(type) {
		case click:
			fits(t, p.from.SlackUserID, p.from.TriggerID, p.from.ResponseURL, p.from.ViewID)
			checkAsked(t, p.asks)
		case submission:
			fits(t, p.User.ID, p.TriggerID, p.View.ID, p.View.PreviousViewID, p.made.Key, p.made.Subject)
			f := readFilled(p, &request{tenant: tenancy.Tenant{TimeZone: "Europe/Rome"}}, time.Unix(1795000000, 0))
			job := forms[p.name()](f)
			if f.malformed == nil && len(f.wrong) == 0 && job != nil {
				checkAsked(t, job)
			}
		case suggestion:
			fits(t, p.User.ID)
			if !utf8.ValidString(p.Value) || utf8.RuneCountInString(p.Value) > maxTyped {
				t.Errorf("searches for %q", p.Value)
			}
		}
		again, err := json.Marshal(map[string]any{
			"type": "view_closed", "team": map[string]any{"id": w.TeamID}, "enterprise": map[string]any{"id": w.EnterpriseID},
			"is_enterprise_install": w.OrgInstall,
		})
		if err != nil {
			t.Fatal(err)
		}
		stays(t, readInteraction, inForm(again), w)
	})
}

// checkAsked holds a job to what its worker takes, and a row.
func checkAsked(t *testing.T, asked jobs.Stamped) {
	t.Helper()
	var positions []string
	switch job := asked.(type) {
	case jobs.ListMeetings:
		positions = []string{job.Before, job.Pick}
	case jobs.PrepareFollowup:
		positions = []string{job.Pick}
		fits(t, job.Length, job.Language, job.Tone)
		if (job.Pick == "") == (job.SessionID == uuid.Nil) {
			t.Errorf("prepares %+v", job)
		}
	case jobs.OpenForm:
		fits(t, job.Form, job.Subject)
	case jobs.ChooseAccount:
		fits(t, job.AccountID, job.Then)
	case jobs.Act:
		fits(t, job.Action, job.Verb, job.FormKey)
		if (job.Action == "") == (job.ActionID == uuid.Nil) {
			t.Errorf("acts %+v", job)
		}
	}
	for _, position := range positions {
		if _, err := followup.ParsePosition(position); err != nil {
			t.Errorf("took the position %q", position)
		}
	}
	raw, err := json.Marshal(asked)
	unescaped := bytes.ReplaceAll(raw, []byte(`\\`), nil) // somebody may type \u0000
	if err != nil || len(raw) > 100_000 || bytes.Contains(unescaped, []byte(`\u0000`)) {
		t.Errorf("a job of %d bytes that no row keeps, %v", len(raw), err)
	}
}

func FuzzEvent(f *testing.F) {
	seed(f, "/slack/events", payloadCase.body)
	f.Add([]byte(`{"type":"url_verification","challenge":"x"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		e, ok := read(t, readEvent, body).(event)
		if !ok {
			return
		}
		w := e.workspace()
		fits(t, e.AppID, w.TeamID, w.EnterpriseID, e.ID, e.Event.Type)
		if at := time.Unix(e.Time, 0); at.Year() < 1970 || at.Year() > 9999 {
			t.Errorf("took the time %v", at)
		}
		again, err := json.Marshal(map[string]any{
			"type": "hologram",
			"authorizations": []any{map[string]any{
				"team_id": w.TeamID, "enterprise_id": w.EnterpriseID, "is_enterprise_install": w.OrgInstall,
			}},
		})
		if err != nil {
			t.Fatal(err)
		}
		stays(t, readEvent, again, w)
	})
}
