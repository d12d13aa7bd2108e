package road

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/followup-dev/followup-operator/test/doubles/fault"
)

// deed is an action, how its user asks for it, and what of it is there in the end.
type deed struct {
	asks  func(*world)
	write func(*http.Request) bool
	made  func(*world) int
	drop  func(*world) error // the vendor does it, and the connection is lost
	told  string
}

func posts(path string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, path) }
}

var deeds = map[string]deed{
	"Gmail draft": {
		asks:  func(w *world) { w.presses(ada, "followup_act_gmail_draft") },
		write: posts("/drafts"),
		made: func(w *world) int {
			drafts, err := w.google.Drafts(adaEmail)
			w.must(err)
			return len(drafts)
		},
		drop: func(w *world) error { return w.google.Fail("create_draft", fault.Fault{Kind: fault.DropAfter}) },
		told: "Gmail draft created",
	},
	"calendar event": {
		asks: func(w *world) {
			w.clicks(ada, "followup_form_event")
			w.submits(ada, map[string]string{"title": "Offer", "date": tomorrow(), "time": "15:00", "minutes": "30", "options": "invite"})
		},
		write: posts("/events"),
		made: func(w *world) int {
			events, err := w.google.Events(adaEmail)
			w.must(err)
			if len(events) == 1 && len(w.google.Invitations()) != 2 {
				w.t.Errorf("invitations %+v, want one for each guest", w.google.Invitations())
			}
			return len(events)
		},
		drop: func(w *world) error { return w.google.Fail("insert_event", fault.Fault{Kind: fault.DropAfter}) },
		told: "Calendar event created",
	},
	"CRM note": {
		asks:  func(w *world) { w.presses(ada, "followup_act_crm_note") },
		write: posts("/Notes"),
		made:  func(w *world) int { return len(w.crono.Received("crono-public").Notes) },
		drop:  func(w *world) error { return w.crono.Fail("create_note", fault.Fault{Kind: fault.DropAfter}) },
		told:  "Note written to Crono",
	},
	"CRM task": {
		asks: func(w *world) {
			w.clicks(ada, "followup_form_task")
			w.submits(ada, map[string]string{"type": "Call", "date": tomorrow(), "time": "09:30", "subject": "Call Peter"})
		},
		write: posts("/Tasks"),
		made:  func(w *world) int { return len(w.crono.Received("crono-public").Tasks) },
		drop:  func(w *world) error { return w.crono.Fail("create_task", fault.Fault{Kind: fault.DropAfter}) },
		told:  "Task created in Crono",
	},
	"deal": { // made what it is to be, however often
		asks: func(w *world) {
			w.clicks(ada, "followup_form_deals")
			w.clicks(ada, "followup_form_deal")
			w.submits(ada, map[string]string{"stage": "Won"})
		},
		write: func(r *http.Request) bool { return r.Method == http.MethodPatch },
		made: func(w *world) int {
			for _, change := range w.crono.Received("crono-public").Changes {
				if *change.Stage != "Won" || change.Amount != nil || change.Description != nil {
					w.t.Errorf("changed to %+v", change)
				}
			}
			return min(1, len(w.crono.Received("crono-public").Changes))
		},
		drop: func(w *world) error { return w.crono.Fail("update_deal", fault.Fault{Kind: fault.DropAfter}) },
		told: "Deal changed in Crono",
	},
}

// toSlack is the first call by which the user is told how it ended.
func (w *world) toSlack(after func() int) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.URL.Host == w.calls.slack && after() > 0 }
}

// Wherever a worker is killed, the job that is run again ends with one artefact, and with the user told of it.
func TestAKilledWorkerLeavesOneArtefact(t *testing.T) {
	for name, d := range deeds {
		for point, kill := range map[string]func(*world){
			"before the call":                    func(w *world) { w.calls.kill(d.write, nil) },
			"after the vendor accepted":          func(w *world) { w.calls.kill(nil, d.write) },
			"after its row, before Slack's":      func(w *world) { w.calls.kill(w.toSlack(func() int { return d.made(w) }), nil) },
			"after Slack's, before the job's is": func(w *world) { w.calls.kill(nil, w.toSlack(func() int { return d.made(w) })) },
		} {
			t.Run(name+", "+point, func(t *testing.T) {
				w := newWorld(t)
				w.prepares(ada)
				d.asks(w)
				j := w.next()
				kill(w)
				if err := w.run(j); !errors.Is(err, errKilled) {
					t.Fatalf("the run ended with %v, want it killed", err)
				}
				if err := w.run(j); err != nil {
					t.Fatalf("run again: %v\n%s", err, w.log)
				}
				w.check(t, d)
			})
		}
	}
}

// A vendor that does what it is asked for and loses the connection is asked before it is asked again.
func TestALostAnswerLeavesOneArtefact(t *testing.T) {
	for name, d := range deeds {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.prepares(ada)
			d.asks(w)
			w.must(d.drop(w))
			j := w.next()
			for err := w.run(j); err != nil; err = w.run(j) {
				if j.row.Attempt == j.row.MaxAttempts {
					t.Fatalf("at last: %v\n%s", err, w.log)
				}
			}
			w.check(t, d)
		})
	}
}

func (w *world) check(t *testing.T, d deed) {
	t.Helper()
	if n := d.made(w); n != 1 {
		t.Errorf("%d artefacts, want 1\n%s", n, w.log)
	}
	if n := w.count(`SELECT count(*) FROM followup.meeting_actions WHERE state = 'done'`); n != 1 {
		t.Errorf("%d actions are done, want 1\n%s", n, w.screen(ada))
	}
	if w.count(`SELECT count(*) FROM followup.meeting_actions`) != 1 {
		t.Error("there is more than one action")
	}
	w.closes(ada)
	w.sees(ada, d.told)
}
