package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/followup-dev/followup-operator/test/doubles/control"
	"github.com/followup-dev/followup-operator/test/doubles/slack"
)

const (
	adasAddress = "ada.ricci@acme.example"
	cronoKey    = "cpk_acme_demo_public"
)

// deed is a click on the card, what is filled into the form that it opens, if it opens one, and what the card says then.
type deed struct {
	title, action string
	form          string // that the modal shows
	fill          map[string]string
	says          string
}

// deeds are what Ada does with the follow-up of her first meeting.
var deeds = []deed{
	{title: "View & edit: Ada changes the subject of the e-mail", action: "followup_form_edit", form: "Subject of the e-mail",
		fill: map[string]string{"subject": "Our offer, and next Tuesday"}, says: "edited by you"},
	{title: "Create Gmail draft", action: "followup_act_gmail_draft", says: "Gmail draft created"},
	{title: "Create calendar event, with invitations", action: "followup_form_event", form: "Create event",
		fill: map[string]string{"options": "invite,meet"}, says: "Calendar event created"},
	{title: "Note to Crono", action: "followup_act_crm_note", says: "Note written to Crono"},
	{title: "Task in Crono", action: "followup_form_task", form: "Create task", says: "Task created in Crono"},
	{title: "Deals in Crono: the first one, another stage", action: "followup_form_deals", form: "Initech, ninety seats"},
	{action: "followup_form_deal", form: "Amount", fill: map[string]string{"stage": "Proposal", "amount": "24500"}, says: "Deal changed in Crono"},
}

// showFollowup goes the whole way for one meeting, and prints each artefact as its vendor received it.
func (s *stack) showFollowup(ctx context.Context) error {
	list, err := s.ask(ctx, ada, "/meetings")
	if err != nil {
		return err
	}
	if err := keepPicture("meetings", list.Modals[0].Current()); err != nil {
		return err
	}
	s.title("\"Follow up\", pressed by " + ada.name)
	if err := s.followUp(ctx, ada); err != nil {
		return err
	}
	card, err := s.card(ctx, ada)
	if err != nil {
		return err
	}
	if err := keepPicture("card", card.Body); err != nil {
		return err
	}
	fmt.Fprint(s.options.Out, card)
	for _, d := range deeds {
		if d.title != "" {
			s.title(d.title)
		}
		if err := s.do(ctx, d); err != nil {
			return fmt.Errorf("%s: %w", d.action, err)
		}
	}
	if card, err = s.card(ctx, ada); err != nil {
		return err
	}
	if err := keepPicture("card-done", card.Body); err != nil {
		return err
	}
	s.title("The card in the end")
	fmt.Fprint(s.options.Out, card)
	return s.showArtefacts(ctx)
}

// followUp presses the button of the newest meeting, and waits for its texts.
func (s *stack) followUp(ctx context.Context, who person) error {
	if err := s.click(ctx, who, "followup_start"); err != nil {
		return err
	}
	return s.awaitCard(ctx, who, "Create Gmail draft")
}

func (s *stack) do(ctx context.Context, d deed) error {
	if err := s.click(ctx, ada, d.action); err != nil {
		return err
	}
	if d.form != "" {
		modal, err := s.awaitModal(ctx, ada, d.form)
		if err != nil {
			return err
		}
		if err := keepPicture(strings.TrimPrefix(d.action, "followup_"), modal.Current()); err != nil {
			return err
		}
	}
	if d.says == "" {
		return nil
	}
	if d.form != "" {
		if err := s.submit(ctx, ada, d.fill); err != nil {
			return err
		}
	}
	return s.awaitCard(ctx, ada, d.says)
}

// click presses a button, without waiting for more than its acknowledgement.
func (s *stack) click(ctx context.Context, who person, actionID string) error {
	return s.interact(ctx, control.Interaction{
		Kind: slack.KindBlockActions, Team: who.team, User: who.user, WebhookURL: interactionsURL, ActionID: actionID,
	})
}

// submit sends the form on top off, with these inputs filled in.
func (s *stack) submit(ctx context.Context, who person, values map[string]string) error {
	return s.interact(ctx, control.Interaction{
		Kind: slack.KindViewSubmission, Team: who.team, User: who.user, WebhookURL: interactionsURL, Values: values,
	})
}

func (s *stack) interact(ctx context.Context, i control.Interaction) error {
	sent, err := s.outside.Interact(ctx, i)
	if err == nil && sent.Error != "" {
		err = fmt.Errorf("slack says %s: %s", sent.Error, sent.Body)
	}
	return err
}

// card is the newest message that the app wrote to a person.
func (s *stack) card(ctx context.Context, who person) (slack.Message, error) {
	screens, err := s.outside.Screens(ctx, who.team, who.user)
	if err != nil {
		return slack.Message{}, err
	}
	if len(screens) == 0 || len(screens[0].Posts) == 0 {
		return slack.Message{}, errors.New("the app wrote no message to " + who.name)
	}
	return screens[0].Posts[len(screens[0].Posts)-1], nil
}

func (s *stack) awaitCard(ctx context.Context, who person, text string) error {
	return s.eventually(ctx, answerPatience, func() error {
		card, err := s.card(ctx, who)
		if err == nil && !strings.Contains(string(card.Body), text) {
			err = fmt.Errorf("the card does not say %q:\n%s", text, card)
		}
		return err
	})
}

// awaitModal waits until one of the person's modals shows a text.
func (s *stack) awaitModal(ctx context.Context, who person, text string) (found *slack.Modal, err error) {
	return found, s.eventually(ctx, answerPatience, func() error {
		screens, err := s.outside.Screens(ctx, who.team, who.user)
		if err != nil {
			return err
		}
		for _, screen := range screens {
			for _, request := range screen.Requests {
				for _, modal := range request.Modals {
					if strings.Contains(string(modal.Current()), text) {
						found = modal
						return nil
					}
				}
			}
		}
		return fmt.Errorf("no modal shows %q", text)
	})
}

func (s *stack) showArtefacts(ctx context.Context) error {
	made, err := s.outside.Artefacts(ctx, adasAddress, cronoKey)
	if err != nil {
		return err
	}
	s.title("What the vendors received")
	for _, d := range made.Drafts {
		fmt.Fprintf(s.options.Out, "Gmail draft %s\n  To: %s\n  Subject: %s\n%s\n", d.ID, strings.Join(d.To, ", "), d.Subject, indented(d.Text))
	}
	for _, e := range made.Events {
		fmt.Fprintf(s.options.Out, "Calendar event %s, %s: %s\n  %s to %s %s, with %s\n  %s\n", e.ID, e.Status, e.Title,
			e.Start.Format("Mon 2 Jan 15:04"), e.End.Format("15:04"), e.Zone, strings.Join(e.Attendees, ", "), e.Meet)
	}
	for _, i := range made.Invitations {
		fmt.Fprintf(s.options.Out, "Calendar invitation %+v\n", i)
	}
	for _, n := range made.Crono.Notes {
		fmt.Fprintf(s.options.Out, "Crono note %s for account %s\n%s\n", n.ID, n.AccountID, indented(n.Text))
	}
	for _, t := range made.Crono.Tasks {
		fmt.Fprintf(s.options.Out, "Crono task %s: %s, due %s: %s\n%s\n", t.ID, t.Type, t.Due.Format("2 Jan 2006"), t.Subject, indented(t.Description))
	}
	for _, c := range made.Crono.Changes {
		fmt.Fprintf(s.options.Out, "Crono deal %s: stage %s, amount %s\n", c.DealID, *c.Stage, *c.Amount)
	}
	return nil
}

func indented(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ")
}

// keepPicture leaves what a person sees where hack/pictures.sh draws it, if DEMO_PICTURES names a folder.
func keepPicture(name string, content []byte) error {
	folder := os.Getenv("DEMO_PICTURES")
	if folder == "" {
		return nil
	}
	return os.WriteFile(filepath.Join(folder, name+".json"), content, 0o600)
}
