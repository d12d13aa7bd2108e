package store

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
)

// seedFollowup follows a meeting up as Ann of bravo, with a row in every table of that.
func (b testbed) seedFollowup(t *testing.T, tenant *Tenant, connection uuid.UUID) (seeded struct {
	session Session
	action  Action
},
) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	user, err := tenant.SaveUser(t.Context(), User{SlackUserID: "U-both", Email: "ann@bravo.test", RealName: "Ann of bravo"})
	must(err)
	seeded.session, err = tenant.OpenSession(t.Context(), user.ID, ListedMeeting{RecordingID: "1001", Title: "bravo"}, Attendees{
		Invitees: []Attendee{{Name: "bravo"}},
	})
	must(err)
	_, err = tenant.AddRevision(t.Context(), seeded.session.ID, Revision{Number: 1, Texts: json.RawMessage(`{"summary": "bravo"}`)})
	must(err)
	must(tenant.SetCard(t.Context(), seeded.session.ID, "D-bravo", "1.2"))
	must(tenant.SetMatch(t.Context(), seeded.session.ID, json.RawMessage(`{"account_name": "bravo"}`)))
	must(tenant.SetEmailTone(t.Context(), "U-both", "formal"))
	seeded.action, err = tenant.PlanAction(t.Context(), Action{
		Key: "key-both", SessionID: seeded.session.ID, ActorSlackID: "U-both", Kind: "crm_note", Target: "bravo", Revision: 1,
	})
	must(err)
	must(tenant.CloseGate(t.Context(), "fathom", time.Now().Add(time.Hour)))
	must(tenant.LockToken(t.Context(), connection, "both", func(context.Context, TokenRow) (TokenRow, error) {
		return TokenRow{AccessToken: []byte("bravo"), ExpiresAt: time.Now()}, nil
	}))
	must(tenant.RememberMapping(t.Context(), connection, AccountMapping{
		Domain: "both.test", CompanyName: "bravo", AccountID: "7", Source: "auto_discovered",
	}))
	_, err = tenant.AnnounceRecording(t.Context(), "1001", time.Now())
	must(err)
	_, err = tenant.PollingSince(t.Context())
	must(err)
	_, err = tenant.Charge(t.Context(), APICalls, "key")
	must(err)
	_, err = tenant.SaveCheck(t.Context(), checkOf("slack", "b"))
	must(err)
	return seeded
}

// notFound holds a method to saying of B's row what it says of none.
func notFound(t *testing.T, err error) error {
	t.Helper()
	if !errors.Is(err, ErrNotFound) {
		t.Errorf("error = %v, want ErrNotFound", err)
	}
	return nil
}

var mappingOfB = AccountMapping{Domain: "both.test", CompanyName: "bravo", AccountID: "7", Source: "auto_discovered"}

// followupAttacks are more of attacks.
var followupAttacks = map[string]map[string]func(*testing.T, scene) (any, error){
	"OpenSession": {
		"of B's user": func(t *testing.T, s scene) (any, error) {
			session, err := s.a.OpenSession(t.Context(), s.b.user.ID, ListedMeeting{RecordingID: "1001"}, Attendees{})
			return session, notFound(t, err)
		},
		"of B's recording": func(t *testing.T, s scene) (any, error) {
			own, err := s.a.SaveUser(t.Context(), User{SlackUserID: "U-both"})
			if err != nil {
				return nil, err
			}
			return s.a.OpenSession(t.Context(), own.ID, ListedMeeting{RecordingID: "1001"}, Attendees{})
		},
	},
	"FindSession": {"of B": func(t *testing.T, s scene) (any, error) {
		session, err := s.a.FindSession(t.Context(), s.b.session.ID, "U-both")
		return session, notFound(t, err)
	}},
	"Revision": {"of B": func(t *testing.T, s scene) (any, error) {
		revision, err := s.a.Revision(t.Context(), s.b.session.ID, 1)
		return revision, notFound(t, err)
	}},
	"AddRevision": {
		"to B's session": func(t *testing.T, s scene) (any, error) {
			revision, err := s.a.AddRevision(t.Context(), s.b.session.ID, Revision{Number: 2, Texts: json.RawMessage("{}")})
			return revision, notFound(t, err)
		},
		"in place of B's": func(t *testing.T, s scene) (any, error) {
			revision, err := s.a.AddRevision(t.Context(), s.b.session.ID, Revision{Number: 1, Texts: json.RawMessage("{}")})
			return revision, notFound(t, err)
		},
	},
	"SetCard": {"of B": func(t *testing.T, s scene) (any, error) {
		return nil, notFound(t, s.a.SetCard(t.Context(), s.b.session.ID, "D1", "1"))
	}},
	"SetMatch": {"of B": func(t *testing.T, s scene) (any, error) {
		return nil, notFound(t, s.a.SetMatch(t.Context(), s.b.session.ID, json.RawMessage("{}")))
	}},
	"EmailTone": {"of B's user": func(t *testing.T, s scene) (any, error) {
		tone, err := s.a.EmailTone(t.Context(), "U-both")
		if tone != "" {
			t.Errorf("A reads B's user's tone %q", tone)
		}
		return tone, err
	}},
	"SetEmailTone": {"of B's user": func(t *testing.T, s scene) (any, error) {
		return nil, notFound(t, s.a.SetEmailTone(t.Context(), "U-both", "friendly"))
	}},
	"PlanAction": {
		"with B's key": func(t *testing.T, s scene) (any, error) {
			action, err := s.a.PlanAction(t.Context(), Action{Key: "key-both", ActorSlackID: "U-both", Kind: "crm_task"})
			if action.ID == s.b.action.ID {
				t.Error("A was given B's action")
			}
			return action, err
		},
		"in B's session": func(t *testing.T, s scene) (any, error) {
			_, err := s.a.PlanAction(t.Context(), Action{Key: "k", SessionID: s.b.session.ID, ActorSlackID: "U-both", Kind: "crm_note"})
			if err == nil {
				t.Error("A planned an action in B's session")
			}
			return nil, nil
		},
	},
	"BeginAction": {"of B": func(t *testing.T, s scene) (any, error) {
		action, err := s.a.BeginAction(t.Context(), s.b.action.ID, "run", time.Minute)
		return action, notFound(t, err)
	}},
	"FinishAction": {"of B": func(t *testing.T, s scene) (any, error) {
		return nil, notFound(t, s.a.FinishAction(t.Context(), s.b.action.ID, Result{State: "done"}))
	}},
	"FindAction": {"of B": func(t *testing.T, s scene) (any, error) {
		action, err := s.a.FindAction(t.Context(), s.b.action.ID, "U-both")
		return action, notFound(t, err)
	}},
	"ListActions": {"of B's session": func(t *testing.T, s scene) (any, error) {
		return s.a.ListActions(t.Context(), s.b.session.ID)
	}},
	"GateClosedUntil": {"of B": func(t *testing.T, s scene) (any, error) {
		until, err := s.a.GateClosedUntil(t.Context(), "fathom")
		if !until.IsZero() {
			t.Error("A waits for B's gate")
		}
		return until, err
	}},
	"CloseGate": {"that B has, too": func(t *testing.T, s scene) (any, error) {
		return nil, s.a.CloseGate(t.Context(), "fathom", time.Now().Add(20*time.Hour))
	}},
	"Connections": {"of B": func(t *testing.T, s scene) (any, error) {
		return s.a.Connections(t.Context())
	}},
	"MarkConnection": {"of B": func(t *testing.T, s scene) (any, error) {
		return s.a.MarkConnection(t.Context(), s.b.connection, ConnectionHealth{ErrorCode: "x"})
	}},
	"Checks": {"of B": func(t *testing.T, s scene) (any, error) {
		return s.a.Checks(t.Context())
	}},
	"SaveCheck": {"that B has, too": func(t *testing.T, s scene) (any, error) {
		changed, err := s.a.SaveCheck(t.Context(), checkOf("slack", "b"))
		if !changed {
			t.Error("A can tell what B's check says")
		}
		return changed, err
	}},
	"FindToken": {"of B": func(t *testing.T, s scene) (any, error) {
		token, err := s.a.FindToken(t.Context(), s.b.connection, "both")
		return token, notFound(t, err)
	}},
	"LockToken": {"of B": func(t *testing.T, s scene) (any, error) {
		err := s.a.LockToken(t.Context(), s.b.connection, "both", func(_ context.Context, row TokenRow) (TokenRow, error) {
			t.Errorf("A holds B's token %s", row.AccessToken)
			return TokenRow{}, nil
		})
		return nil, notFound(t, err)
	}},
	"FindMappings": {"of B": func(t *testing.T, s scene) (any, error) {
		return s.a.FindMappings(t.Context(), s.b.connection, "both.test")
	}},
	"RememberMapping": {"of B's connection": func(t *testing.T, s scene) (any, error) {
		mapping := mappingOfB
		mapping.AccountID = "8"
		return nil, notFound(t, s.a.RememberMapping(t.Context(), s.b.connection, mapping))
	}},
	"ResolveMapping": {"of B": func(t *testing.T, s scene) (any, error) {
		mapping := mappingOfB
		mapping.AccountID = "8"
		return nil, s.a.ResolveMapping(t.Context(), s.b.connection, mapping)
	}},
	"UseMapping": {"of B": func(t *testing.T, s scene) (any, error) {
		return nil, s.a.UseMapping(t.Context(), s.b.connection, mappingOfB)
	}},
	"ForgetMapping": {"of B": func(t *testing.T, s scene) (any, error) {
		return nil, s.a.ForgetMapping(t.Context(), s.b.connection, mappingOfB)
	}},
	"Charge": {"of itself, beside what B has used": func(t *testing.T, s scene) (any, error) {
		full, err := s.a.Charge(t.Context(), APICalls, "key")
		if full != nil {
			t.Error("A can tell what B has used up")
		}
		return full, err
	}},
	"AnnounceRecording": {"that B has, too": func(t *testing.T, s scene) (any, error) {
		first, err := s.a.AnnounceRecording(t.Context(), "1001", time.Now())
		if !first {
			t.Error("A can tell that B had this recording")
		}
		return first, err
	}},
	"ForgetRecording": {"of B": func(t *testing.T, s scene) (any, error) {
		return nil, s.a.ForgetRecording(t.Context(), "1001")
	}},
	"PollingSince": {"of itself, which is all that it can ask": func(t *testing.T, s scene) (any, error) {
		return s.a.PollingSince(t.Context())
	}},
}
