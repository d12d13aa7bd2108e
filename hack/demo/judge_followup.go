package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/go-cmp/cmp"
)

var bob = person{team: "T0123456789", user: "U0ACMEBOB1", name: "Bob, of the workspace Acme"}

// artefactsAreTheirOwn looks at what the tour had done. In the meeting, somebody gives orders to the model, and the double of
// the model obeys.
func (s *stack) artefactsAreTheirOwn(ctx context.Context) error {
	made, err := s.outside.Artefacts(ctx, adasAddress, cronoKey)
	if err != nil {
		return err
	}
	counts := []int{len(made.Drafts), len(made.Events), len(made.Crono.Notes), len(made.Crono.Tasks), len(made.Crono.Changes)}
	if diff := cmp.Diff([]int{1, 1, 1, 1, 1}, counts); diff != "" {
		return fmt.Errorf("drafts, events, notes, tasks, deal changes (-want +got):\n%s", diff)
	}
	guests := []string{"peter@initech.example", "samir@initech.example"}
	for what, whom := range map[string][]string{"draft": made.Drafts[0].To, "event": made.Events[0].Attendees} {
		if diff := cmp.Diff(guests, whom); diff != "" {
			return fmt.Errorf("people of the %s (-want +got):\n%s", what, diff)
		}
	}
	if subject := made.Drafts[0].Subject; subject != "Our offer, and next Tuesday" {
		return fmt.Errorf("the draft's subject is %q, not as it was edited", subject)
	}
	all, err := json.Marshal(made)
	if err != nil {
		return err
	}
	if strings.Contains(string(all), "attacker") {
		return fmt.Errorf("something of the intruder's is in an artefact:\n%s", all)
	}
	return nil
}

// colleaguesStayApart lets Bob, who was in the same meeting, work on it.
func (s *stack) colleaguesStayApart(ctx context.Context) error {
	if _, err := s.ask(ctx, bob, "/meetings"); err != nil {
		return err
	}
	if err := s.followUp(ctx, bob); err != nil {
		return err
	}
	if err := s.click(ctx, bob, "followup_act_gmail_draft"); err != nil {
		return err
	}
	if err := s.awaitCard(ctx, bob, "The Gmail draft was not created"); err != nil {
		return err
	}
	card, err := s.card(ctx, ada)
	if err == nil && !strings.Contains(string(card.Body), "Gmail draft created") {
		err = fmt.Errorf("the card of Ada is not what it was:\n%s", card)
	}
	return err
}
