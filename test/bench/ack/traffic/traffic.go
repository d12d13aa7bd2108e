package traffic

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// What all peers serve, and what the requests are signed with.
const (
	AppID         = "A0123456789"
	SigningSecret = "8f742231b10e8888abcd99yyyzzz85a5"

	CommandPath = "/slack/commands"
	ClickPath   = "/slack/interactions"
)

// oneClickIn is how many requests there are to a click: people type the command, then some of them page.
const oneClickIn = 4

// TeamID is the workspace of the tenant with this number.
func TeamID(tenant int) string { return fmt.Sprintf("T%010d", tenant) }

// Traffic makes requests of tenants chosen at random, each with a trigger_id of its own.
type Traffic struct {
	host    string
	tenants int
	run     string // in the trigger_ids, so that no two runs share one
	now     time.Time
	random  *rand.Rand
	serial  int
}

// New makes requests to host of that many tenants. They are signed as of now, which Slack's rules let live for 300 s.
func New(host string, tenants int, seed uint64, now time.Time) *Traffic {
	return &Traffic{
		host: host, tenants: tenants, run: strconv.FormatUint(seed, 36), now: now,
		random: rand.New(rand.NewPCG(seed, 0)),
	}
}

// Request is one request and what was drawn for it.
type Request struct {
	Bytes     []byte // all that goes over the connection
	TeamID    string
	UserID    string
	TriggerID string
}

// Next returns a command or a click.
func (t *Traffic) Next() Request {
	if t.random.IntN(oneClickIn) == 0 {
		return t.Click()
	}
	return t.Command()
}

// Command returns a request for the command /meetings.
//
// Source: https://docs.slack.dev/interactivity/implementing-slash-commands
func (t *Traffic) Command() Request {
	r := t.draw()
	form := url.Values{
		"token": {"legacy-verification-token"}, "team_id": {r.TeamID}, "team_domain": {"acme"},
		"channel_id": {"C0123456789"}, "channel_name": {"general"}, "user_id": {r.UserID}, "user_name": {"ada"},
		"command": {"/meetings"}, "text": {""}, "api_app_id": {AppID}, "is_enterprise_install": {"false"},
		"response_url": {"https://hooks.slack.com/commands/" + r.TeamID + "/6371853846471/" + r.TriggerID},
		"trigger_id":   {r.TriggerID},
	}
	r.Bytes = t.sign(CommandPath, form.Encode())
	return r
}

//go:embed click.json
var clickJSON []byte

// clickTemplate is the payload as Slack sends it: without blanks between the tokens.
var clickTemplate = func() string {
	var compact bytes.Buffer
	if err := json.Compact(&compact, clickJSON); err != nil {
		panic(err)
	}
	return compact.String()
}()

// Click returns a click on "Older meetings" in the modal. The payload brings all that the modal shows.
//
// Source: https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
func (t *Traffic) Click() Request {
	r := t.draw()
	payload := strings.NewReplacer("{team}", r.TeamID, "{user}", r.UserID, "{trigger}", r.TriggerID, "{app}", AppID,
		"{serial}", fmt.Sprintf("%010d", t.serial)).Replace(clickTemplate)
	r.Bytes = t.sign(ClickPath, url.Values{"payload": {payload}}.Encode())
	return r
}

func (t *Traffic) draw() Request {
	t.serial++
	return Request{
		TeamID:    TeamID(t.random.IntN(t.tenants)),
		UserID:    fmt.Sprintf("U%010d", t.random.IntN(1_000_000)),
		TriggerID: fmt.Sprintf("%s.%d.fd0d0f8ea92a4b7e", t.run, t.serial),
	}
}

// Send sends the request on a connection and checks the answer: 200 with nothing in it, which is how all peers acknowledge.
func (r Request) Send(connection io.Writer, answers *bufio.Reader) error {
	if _, err := connection.Write(r.Bytes); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	answer, err := http.ReadResponse(answers, nil)
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if answer.StatusCode != http.StatusOK || len(body) > 0 {
		return fmt.Errorf("answered %s with %q, want an empty 200", answer.Status, body)
	}
	return nil
}

// sign returns the bytes of a request as Slack signs it.
//
// Source: https://docs.slack.dev/authentication/verifying-requests-from-slack
func (t *Traffic) sign(path, body string) []byte {
	stamp := strconv.FormatInt(t.now.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(SigningSecret))
	mac.Write([]byte("v0:" + stamp + ":" + body))
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: Slackbot 1.0 (+https://api.slack.com/robots)\r\n"+
		"Accept-Encoding: gzip,deflate\r\nAccept: application/json,*/*\r\nContent-Type: application/x-www-form-urlencoded\r\n"+
		"X-Slack-Request-Timestamp: %s\r\nX-Slack-Signature: v0=%s\r\nContent-Length: %d\r\n\r\n%s",
		path, t.host, stamp, hex.EncodeToString(mac.Sum(nil)), len(body), body)
}
