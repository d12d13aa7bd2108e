package google

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/test/doubles/fault"
	double "github.com/followup-dev/followup-operator/test/doubles/google"
)

func TestARefusedTokenIsReplacedOnce(t *testing.T) {
	w := start(t, nil)
	tokens := &adasTokens{world: w}
	mailbox := w.Mailbox(ada, tokens)
	if _, _, err := mailbox.FindDraft(t.Context(), "k"); err != nil {
		t.Fatal(err)
	}
	w.ExpireTokens()
	if _, err := mailbox.CreateDraft(t.Context(), draft); err != nil || tokens.refreshed != 1 {
		t.Errorf("%v after %d refreshes", err, tokens.refreshed)
	}
	w.strike(t, double.DeleteDraft, fault.Fault{Kind: fault.Error, Code: "authError", Times: fault.Always})
	err := mailbox.DeleteDraft(t.Context(), "r-1")
	if outcome.ClassOf(err) != outcome.Unauthorized || w.Calls().Total(double.DeleteDraft) != 2 {
		t.Errorf("%v after %d calls, want it given up after two", err, w.Calls().Total(double.DeleteDraft))
	}
}

func TestFailures(t *testing.T) {
	tests := map[string]struct {
		fault       fault.Fault
		read, write outcome.Error // of a read, and of a draft that is made
	}{
		"slow down":       same(fault.Fault{Kind: fault.Error, Code: "rateLimitExceeded"}, outcome.Throttled, 403, "rate_limit_exceeded", 0),
		"you, slow down":  same(fault.Fault{Kind: fault.Error, Code: "userRateLimitExceeded"}, outcome.Throttled, 403, "user_rate_limit_exceeded", 0),
		"quota":           same(fault.Fault{Kind: fault.Error, Code: "quotaExceeded"}, outcome.Throttled, 403, "quota_exceeded", 0),
		"no more today":   same(fault.Fault{Kind: fault.Error, Code: "dailyLimitExceeded"}, outcome.Throttled, 403, "daily_limit_exceeded", 15*time.Minute),
		"wait":            same(fault.Fault{Kind: fault.RateLimited, RetryAfter: 9}, outcome.Throttled, 429, "rate_limit_exceeded", 9*time.Second),
		"not this":        same(fault.Fault{Kind: fault.Error, Code: "insufficientPermissions"}, outcome.Permanent, 403, "insufficient_permissions", 0),
		"not you":         same(fault.Fault{Kind: fault.Error, Code: "domainPolicy"}, outcome.Permanent, 403, "domain_policy", 0),
		"a wall":          same(fault.Fault{Kind: fault.HTML, Status: 403}, outcome.Permanent, 403, "", 0),
		"a bad gateway":   apart(fault.Fault{Kind: fault.HTML, Status: 502}, 502, ""),
		"down":            apart(fault.Fault{Kind: fault.Error, Code: "backendError"}, 503, "backend_error"),
		"dropped":         apart(fault.Fault{Kind: fault.Drop}, 0, "connection"),
		"dropped after":   apart(fault.Fault{Kind: fault.DropAfter}, 0, "connection"),
		"not a JSON":      apart(fault.Fault{Kind: fault.HTML, Status: 200}, 0, "unreadable"),
		"an empty answer": apart(fault.Fault{Kind: fault.Status, Status: 200}, 0, "unreadable"),
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := start(t, nil)
			tc.fault.Times = fault.Always
			w.strike(t, double.ListDrafts, tc.fault)
			w.strike(t, double.CreateDraft, tc.fault)
			_, _, err := w.mailbox().FindDraft(t.Context(), "k")
			tc.read.Vendor, tc.read.Operation = "google", "drafts.list"
			if diff := cmp.Diff(error(&tc.read), err); diff != "" {
				t.Errorf("read (-want +got):\n%s", diff)
			}
			_, err = w.mailbox().CreateDraft(t.Context(), draft)
			tc.write.Vendor, tc.write.Operation = "google", "drafts.create"
			if diff := cmp.Diff(error(&tc.write), err); diff != "" {
				t.Errorf("write (-want +got):\n%s", diff)
			}
		})
	}
}

type failure = struct {
	fault       fault.Fault
	read, write outcome.Error
}

// same is a failure that is certain, of a read and a write.
func same(f fault.Fault, class outcome.Class, status int, code string, wait time.Duration) failure {
	certain := outcome.Error{Class: class, Status: status, Code: code, RetryAfter: wait}
	return failure{f, certain, certain}
}

// apart is one after which a write may be done.
func apart(f fault.Fault, status int, code string) failure {
	return failure{
		f,
		outcome.Error{Class: outcome.Transient, Status: status, Code: code},
		outcome.Error{Class: outcome.UnknownOutcome, Status: status, Code: code},
	}
}

func TestAnAnswerThatNamesNothing(t *testing.T) {
	w := start(t, nil)
	for _, operation := range []string{double.CreateDraft, double.InsertEvent} {
		w.strike(t, operation, fault.Fault{Kind: fault.Status, Status: 200, Body: `{}`, Times: fault.Always})
	}
	if made, err := w.mailbox().CreateDraft(t.Context(), draft); outcome.ClassOf(err) != outcome.UnknownOutcome {
		t.Errorf("draft %+v, %v", made, err)
	}
	if made, err := w.calendar().Insert(t.Context(), event(t)); outcome.ClassOf(err) != outcome.Transient {
		t.Errorf("event %+v, %v", made, err)
	}
}

func TestAHangEndsWithWhoeverWaits(t *testing.T) {
	w := start(t, nil)
	w.strike(t, double.CreateDraft, fault.Fault{Kind: fault.Hang})
	w.strike(t, double.Token, fault.Fault{Kind: fault.Hang})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := w.MintForServiceAccount(ctx, w.account, ada); outcome.CodeOf(err) != "timeout" || outcome.ClassOf(err) != outcome.Transient {
		t.Errorf("token: %v", err)
	}
	tokens := &adasTokens{world: w}
	if _, err := tokens.Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := w.Mailbox(ada, tokens).CreateDraft(ctx, draft); outcome.CodeOf(err) != "timeout" || outcome.ClassOf(err) != outcome.UnknownOutcome {
		t.Errorf("draft: %v", err)
	}
}

func TestTokensAreMinted(t *testing.T) {
	w := start(t, func(c *double.Config) { c.RotateRefreshTokens = true })
	minted, err := w.MintForServiceAccount(t.Context(), w.account, ada)
	if err != nil || minted.Access.Reveal() == "" || time.Until(minted.ExpiresAt) < 59*time.Minute || minted.Refresh.Reveal() != "" {
		t.Errorf("for a service account: until %s, %v", minted.ExpiresAt, err)
	}
	minted, err = w.MintFromRefreshToken(t.Context(), app, credentials.NewSecret("1//ada"))
	if err != nil || minted.Access.Reveal() == "" || minted.Refresh.Reveal() == "" || minted.Refresh.Reveal() == "1//ada" {
		t.Errorf("with a refresh token: until %s, %v", minted.ExpiresAt, err)
	}
	if _, err = w.MintFromRefreshToken(t.Context(), app, credentials.NewSecret("1//ada")); outcome.CodeOf(err) != CodeInvalidGrant {
		t.Errorf("used twice: %v", err)
	}
}

func TestTokensThatAreRefused(t *testing.T) {
	w := start(t, nil)
	consent := func(client credentials.OAuthClient, refresh string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := w.MintFromRefreshToken(ctx, client, credentials.NewSecret(refresh))
			return err
		}
	}
	account := func(subject string, change func(*credentials.ServiceAccount)) func(context.Context) error {
		return func(ctx context.Context) error {
			changed := w.account
			change(&changed)
			_, err := w.MintForServiceAccount(ctx, changed, subject)
			return err
		}
	}
	same := func(*credentials.ServiceAccount) {}
	tests := map[string]struct {
		operation string
		mint      func(context.Context) error
		fault     fault.Fault
		want      outcome.Error
	}{
		"consent taken back":    {"token.refresh", consent(app, "1//eve"), fault.Fault{}, outcome.Error{Class: outcome.Unauthorized, Status: 400, Code: "invalid_grant"}},
		"our own mistake":       {"token.refresh", consent(credentials.OAuthClient{ID: "x"}, "1//ada"), fault.Fault{}, outcome.Error{Class: outcome.Permanent, Status: 401, Code: "invalid_client"}},
		"what we do not know":   {"token.assert", account(ada, same), fault.Fault{Kind: fault.Error, Code: "invalid_grant"}, outcome.Error{Class: outcome.Permanent, Status: 400, Code: "invalid_subject"}},
		"nobody's mailbox":      {"token.assert", account("eve@acme.example", same), fault.Fault{}, outcome.Error{Class: outcome.Permanent, Status: 400, Code: "invalid_subject"}},
		"another domain":        {"token.assert", account("zoe@globex.example", same), fault.Fault{}, outcome.Error{Class: outcome.Permanent, Status: 401, Code: "unauthorized_client"}},
		"a key that is gone":    {"token.assert", account(ada, func(a *credentials.ServiceAccount) { a.KeyID = "x" }), fault.Fault{}, outcome.Error{Class: outcome.Unauthorized, Status: 400, Code: "invalid_grant"}},
		"an account that is":    {"token.assert", account(ada, func(a *credentials.ServiceAccount) { a.Email = "x@y.example" }), fault.Fault{}, outcome.Error{Class: outcome.Unauthorized, Status: 400, Code: "invalid_grant"}},
		"slow down":             {"token.assert", account(ada, same), fault.Fault{Kind: fault.RateLimited, RetryAfter: 3}, outcome.Error{Class: outcome.Throttled, Status: 429, Code: "rate_limit_exceeded", RetryAfter: 3 * time.Second}},
		"slow down, as a 403":   {"token.assert", account(ada, same), fault.Fault{Kind: fault.Status, Status: 403, Body: `{"error":"rate_limit_exceeded"}`}, outcome.Error{Class: outcome.Throttled, Status: 403, Code: "rate_limit_exceeded"}},
		"our clock":             {"token.assert", account(ada, same), fault.Fault{Kind: fault.Status, Status: 400, Body: `{"error":"invalid_grant","error_description":"Invalid JWT: Token must be a short-lived token"}`}, outcome.Error{Class: outcome.Transient, Status: 400, Code: "clock"}},
		"down":                  {"token.assert", account(ada, same), fault.Fault{Kind: fault.HTML, Status: 503}, outcome.Error{Class: outcome.Transient, Status: 503}},
		"down, in its words":    {"token.refresh", consent(app, "1//ada"), fault.Fault{Kind: fault.Status, Status: 500, Body: `{"error":"internal_failure"}`}, outcome.Error{Class: outcome.Transient, Status: 500, Code: "internal_failure"}},
		"an answer that is not": {"token.assert", account(ada, same), fault.Fault{Kind: fault.HTML, Status: 200}, outcome.Error{Class: outcome.Transient, Code: "unreadable"}},
		"without a token":       {"token.assert", account(ada, same), fault.Fault{Kind: fault.Status, Status: 200, Body: `{"expires_in":3599}`}, outcome.Error{Class: outcome.Transient, Code: "unreadable"}},
		"no token, once more":   {"token.refresh", consent(app, "1//ada"), fault.Fault{Kind: fault.Status, Status: 200, Body: `{}`}, outcome.Error{Class: outcome.Transient, Code: "unreadable"}},
		"a dropped connection":  {"token.assert", account(ada, same), fault.Fault{Kind: fault.Drop}, outcome.Error{Class: outcome.Transient, Code: "connection"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w.ClearFaults()
			if tc.fault.Kind != "" {
				tc.fault.Times = fault.Always
				w.strike(t, double.Token, tc.fault)
			}
			err := tc.mint(t.Context())
			tc.want.Vendor, tc.want.Operation = "google", tc.operation
			if diff := cmp.Diff(error(&tc.want), err); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}
