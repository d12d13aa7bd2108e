package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// check is one thing that must hold on the running stack.
type check struct {
	title string
	holds func(*stack, context.Context) error
}

// adasMeeting is the title of one of Ada's meetings in seed.json.
const adasMeeting = "Quarterly review with Initech"

// checks run in this order. Each leaves the stack as it found it.
var checks = []check{
	{"each workspace's user sees their own meetings in one modal, and nobody else's", (*stack).meetingsAreTheirOwn},
	{"older meetings, a search as one types and a picked meeting show in the same modal", (*stack).clicksWork},
	{"a shortcut opens the list, in Italian where the Tenant says so", (*stack).shortcutsWork},
	{"the follow-up made one draft, event, note, task and deal change, none as the transcript's intruder wished", (*stack).artefactsAreTheirOwn},
	{"a colleague gets a follow-up of their own, and is told why a Gmail draft is not for them", (*stack).colleaguesStayApart},
	{"a workspace that no Tenant declares is told so", (*stack).strangersAreTold},
	{"a request that Slack did not sign gets 401", (*stack).forgeriesAreRefused},
	{"a held tenant's user is told that it is paused, at once, and served again after", (*stack).holdPauses},
	{"a tenant over its limit is told when to come back", (*stack).limitsLimit},
	{"a tenant that used up its day is told which limit it was", (*stack).quotasAreTold},
	{"credentials are tried at their providers, and verified", (*stack).credentialsAreTried},
	{"kubectl followup plan says what a Tenant would change, and changes nothing", (*stack).plansAreKept},
	{"a row that was changed by hand is repaired, and the Tenant says what differed", (*stack).driftIsRepaired},
	{"a Tenant that is erased leaves a tombstone, and no row of a person", (*stack).erasureLeavesNothing},
	{"a second Tenant with a claimed workspace is refused and changes nothing", (*stack).claimsHold},
	{"a deleted Tenant keeps its rows and takes them back when it is applied again", (*stack).deletionRetains},
	{"applying the samples again writes nothing to Postgres", (*stack).reapplyingIsQuiet},
	{"a rolling restart of the webhook under load loses no request", (*stack).restartsLoseNothing},
	{"a webhook killed between acknowledgement and work still does the work, once", (*stack).killBeforeWork},
	{"a webhook killed during the work finishes it after its restart, once", (*stack).killDuringWork},
	{"without a database users get a friendly answer, and are served when it is back", (*stack).databaseMayGo},
	{"an event that finds no database is sent again by Slack, and taken", (*stack).eventsComeBack},
	{"a removed app shows in the Tenant's status at once; a new token ends it, and old news does not", (*stack).removalDisconnects},
	{"a webhook can't read the operator's Secrets", (*stack).webhooksStayInTheirNamespace},
	{"no secret is in any log, event, status or row", (*stack).secretsStaySecret},
}

// judge runs all checks and returns an error if one does not hold.
func (s *stack) judge(ctx context.Context) error {
	s.title("Checking")
	var failed []error
	for _, c := range checks {
		began := time.Now()
		err := c.holds(s, ctx)
		mark := "ok  "
		if err != nil {
			mark = "FAIL"
			failed = append(failed, fmt.Errorf("%s: %w", c.title, err))
		}
		fmt.Fprintf(s.options.Out, "  %s %6.1f s  %s\n", mark, time.Since(began).Seconds(), c.title)
	}
	fmt.Fprintf(s.options.Out, "\n%d passed, %d failed\n", len(checks)-len(failed), len(failed))
	return errors.Join(failed...)
}

func (s *stack) meetingsAreTheirOwn(ctx context.Context) error {
	for _, tc := range []struct {
		who          person
		sees, hidden []string
	}{
		{ada, []string{adasMeeting, "Kick-off with Umbrella", "Impromptu call"}, []string{"Board meeting", "Globex"}},
		{hank, []string{"Globex pipeline", "Hammock district"}, []string{"Initech", "Umbrella"}},
	} {
		request, err := s.ask(ctx, tc.who, "/followup")
		if err != nil {
			return err
		}
		if len(request.Modals) != 1 || len(request.Messages) != 0 {
			return fmt.Errorf("%s: %d modals and %d messages, want one modal", tc.who.name, len(request.Modals), len(request.Messages))
		}
		screen := string(request.Modals[0].Current())
		for _, title := range tc.sees {
			if !strings.Contains(screen, title) {
				return fmt.Errorf("%s does not see %q", tc.who.name, title)
			}
		}
		for _, title := range tc.hidden {
			if strings.Contains(screen, title) {
				return fmt.Errorf("%s sees %q", tc.who.name, title)
			}
		}
	}
	return nil
}

// expectAnswer types /meetings and wants an acknowledgement that says text.
func (s *stack) expectAnswer(ctx context.Context, who person, text string) error {
	request, err := s.ask(ctx, who, "/meetings")
	if err != nil {
		return err
	}
	if request.Ack.Message == nil || !strings.Contains(string(request.Ack.Message.Body), text) {
		return fmt.Errorf("%s is answered %d %q, want it to say %q", who.name, request.Ack.Status, request.Ack.Body, text)
	}
	return nil
}

// expectMeetings types /meetings and wants a modal with meetings.
func (s *stack) expectMeetings(ctx context.Context, who person) error {
	request, err := s.ask(ctx, who, "/meetings")
	if err != nil {
		return err
	}
	if len(request.Modals) != 1 {
		return fmt.Errorf("%s got no modal: %d %q", who.name, request.Ack.Status, request.Ack.Body)
	}
	return nil
}

func (s *stack) strangersAreTold(ctx context.Context) error {
	return s.expectAnswer(ctx, gavin, "isn't set up")
}

func (s *stack) forgeriesAreRefused(ctx context.Context) error {
	address, err := s.forwardService(ctx, appNamespace, "followup-webhook", "80")
	if err != nil {
		return err
	}
	body := strings.NewReader("command=%2Fmeetings&team_id=" + ada.team)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/slack/commands", body)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("X-Slack-Request-Timestamp", fmt.Sprint(time.Now().Unix()))
	request.Header.Set("X-Slack-Signature", "v0="+strings.Repeat("0", 64))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusUnauthorized {
		return fmt.Errorf("got %s, want 401", response.Status)
	}
	return nil
}

// patchTenant changes acme's spec and waits until the operator has seen it.
func (s *stack) patchTenant(ctx context.Context, spec string) error {
	if _, err := s.kubectl(ctx, "patch", "tenant", "acme", "-n", appNamespace, "--type=merge", "-p", `{"spec":`+spec+`}`); err != nil {
		return err
	}
	generation, err := s.kubectl(ctx, "get", "tenant", "acme", "-n", appNamespace, "-o", "jsonpath={.metadata.generation}")
	if err != nil {
		return err
	}
	_, err = s.kubectl(ctx, "wait", "tenant/acme", "-n", appNamespace, "--timeout=30s", "--for=jsonpath={.status.observedGeneration}="+generation)
	return err
}

func (s *stack) holdPauses(ctx context.Context) error {
	if err := s.patchTenant(ctx, `{"stopPolicy":"Hold"}`); err != nil {
		return err
	}
	if err := s.eventually(ctx, answerPatience, func() error { return s.expectAnswer(ctx, ada, "paused") }); err != nil {
		return err
	}
	if err := s.patchTenant(ctx, `{"stopPolicy":"None"}`); err != nil {
		return err
	}
	return s.eventually(ctx, answerPatience, func() error { return s.expectMeetings(ctx, ada) })
}

func (s *stack) limitsLimit(ctx context.Context) error {
	if err := s.patchTenant(ctx, `{"limits":[{"resource":"api_calls","period":"Minute","limit":1}]}`); err != nil {
		return err
	}
	err := s.eventually(ctx, answerPatience, func() error { return s.expectAnswer(ctx, ada, "too often") })
	return errors.Join(err, s.patchTenant(ctx, `{"limits":null}`))
}

// eventually repeats what takes a moment to come true: the webhook hears of a change by a notification.
func (s *stack) eventually(ctx context.Context, patience time.Duration, try func() error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := try()
		if err == nil || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}
