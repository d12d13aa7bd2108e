package slackui

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/followup-dev/followup-operator/internal/followup"
	"github.com/followup-dev/followup-operator/test/doubles/slack"
)

// board answers the last thing that the person did, as screen does.
func (w *workspace) board() *Board {
	last := w.clicks[len(w.clicks)-1]
	req := w.screen().req
	req.Ephemeral = last.Container.Ephemeral
	if last.Type == "view_submission" {
		req.ViewID = last.View.PreviousViewID
	}
	return NewBoard(w.bot, req, italy, func() time.Time { return w.now }, slog.New(slog.DiscardHandler))
}

// ownCard is Jane's.
func ownCard() followup.Card {
	card := cards()[4].card
	card.Session.Viewer.SlackUserID = jane
	return card
}

// shows draws the card and keeps where it is.
func (w *workspace) shows(card *followup.Card) {
	w.t.Helper()
	place, err := w.board().Show(w.t.Context(), *card)
	w.do(err)
	card.Session.Card = place
}

func (w *workspace) opens(form followup.Form) {
	w.t.Helper()
	board := w.board()
	w.do(board.Loading(w.t.Context()), board.Form(w.t.Context(), form))
}

func (w *workspace) submits(values map[string]string) {
	w.t.Helper()
	request, err := w.slack.SendSubmission(w.t.Context(), w.app, slack.Submission{TeamID: team, UserID: jane, Values: values})
	w.do(err)
	if request.Ack.Error != "" {
		w.t.Fatalf("the form is not taken: %s", request.Ack.Error)
	}
}

func (w *workspace) posts() []slack.Message {
	w.t.Helper()
	return w.slack.Screens(team, jane)[0].Posts
}

// In a list that came as a message, which Slack does not keep, and then on the card itself.
func TestAPersonFollowsUpFromAMessage(t *testing.T) {
	w := newWorkspace(t)
	w.do(w.command())
	w.now = noon.Add(10 * time.Second)
	list := some(followup.List{Newest: true})
	list.Meetings[0] = session.Meeting
	w.show(w.meetings(list))

	w.do(w.press(ActionStart, ""))
	card := ownCard()
	ready := card.Revision
	card.Progress, card.Revision = followup.Reading, nil
	w.shows(&card)
	card.Progress, card.Revision = "", ready
	w.shows(&card)
	if seen := w.sees(); !strings.Contains(seen, "è nei tuoi messaggi con Followup") || len(w.posts()) != 1 || strings.Contains(seen, "Retrospettiva") {
		t.Fatalf("after a click on follow up:\n%s", seen)
	}
	if got := w.posts()[0].String(); !strings.Contains(got, "Initech wants to start in January.") || strings.Contains(got, "Leggo") {
		t.Errorf("card:\n%s", got)
	}

	w.now = noon
	w.do(w.press(ActionForm+followup.FormEdit, ""))
	w.opens(&followup.EditForm{Session: card.Session, Revision: revision})
	w.submits(map[string]string{InputSummary: "Mine."})
	edited := revision
	edited.Texts.Summary = "Mine."
	card.Revision = &edited
	w.shows(&card)
	if posts := w.posts(); len(posts) != 1 || !strings.Contains(posts[0].String(), "Mine.") {
		t.Errorf("after an edit, %d cards:\n%s", len(posts), w.sees())
	}

	w.slack.DeleteMessages(team, jane)
	w.shows(&card)
	if posts := w.posts(); len(posts) != 2 || !posts[0].Deleted || !strings.Contains(posts[1].String(), "Mine.") {
		t.Errorf("after the card was deleted:\n%s", w.sees())
	}
}

// In the modal of a list, which becomes the card; a form lies over it, and another over that.
func TestAPersonFollowsUpInAModal(t *testing.T) {
	w := newWorkspace(t)
	w.do(w.command())
	list := some(followup.List{Newest: true})
	list.Meetings[0] = session.Meeting
	w.show(w.meetings(list))
	w.do(w.press(ActionStart, ""))
	if got := w.clicks[len(w.clicks)-1].Actions[0].Value; got != session.Meeting.Position().String() {
		t.Errorf("the click names the meeting %q", got)
	}
	card := ownCard()
	w.shows(&card)

	w.do(w.press(ActionForm+followup.FormDeals, ""))
	w.opens(&followup.DealList{Session: card.Session, Revision: revision, CRM: "Crono", Account: initech, Deals: forms()[10].form.(*followup.DealList).Deals})
	_, err := w.slack.SendAction(t.Context(), w.app, slack.Action{
		TeamID: team, UserID: jane, ActionID: ActionForm + followup.FormDeal, Value: Ref{Session: sessionID, Revision: 2, Subject: "d2"}.String(),
	})
	w.do(err)
	w.opens(forms()[12].form)
	w.submits(map[string]string{InputStage: "Won"})
	card.Actions = []followup.Action{action(followup.CRMDeal, followup.Done, nil)}
	w.shows(&card)

	var seen []string
	for _, m := range w.modals() {
		seen = append(seen, slack.Render(m.Current()))
	}
	if len(seen) != 3 || !strings.Contains(seen[1], "Trattativa modificata in Crono") || !strings.Contains(seen[2], "Modifica trattativa") {
		t.Errorf("modals:\n%s", strings.Join(seen, "\n"))
	}
	if len(w.posts()) != 1 || !strings.Contains(w.posts()[0].String(), "Trattativa modificata in Crono") {
		t.Errorf("card:\n%s", w.sees())
	}
}

// Slack's client takes each form as it stands, once what it must have is filled in.
func TestAPersonSubmitsEachForm(t *testing.T) {
	values := map[string]map[string]string{
		"event without guests or proposal": {InputTitle: "Call", InputDate: "2026-11-30", InputTime: "15:00"},
		"event":                            {InputOptions: OptionInvite + "," + OptionMeet},
		"account, several":                 {InputCandidate: "acc-2"},
		"task of no meeting":               {InputType: "email", InputDate: "2026-11-30", InputTime: "15:00", InputSubject: "Call"},
		"regenerate":                       {InputLength: "shorter", InputLanguage: "de", InputTone: "friendly", InputNote: "Less detail"},
		"deal":                             {InputStage: "Won", InputAmount: "1"},
	}
	for _, f := range forms() {
		if _, isList := f.form.(*followup.DealList); isList || f.name == "account, none" { // which is searched
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			w := newWorkspace(t)
			w.do(w.command())
			w.opens(f.form)
			w.submits(values[f.name])
			if got := w.clicks[len(w.clicks)-1].View.CallbackID; !strings.HasPrefix(got, CallbackForm) {
				t.Errorf("callback_id %q", got)
			}
		})
	}
}

// What is not asked for in time is asked for again, in words.
func TestAPersonWhoGetsNoFormIsTold(t *testing.T) {
	w := newWorkspace(t)
	w.do(w.command())
	card := ownCard()
	w.shows(&card)
	w.slack.CloseModals(team, jane)
	w.do(w.press(ActionForm+followup.FormEvent, ""))
	w.now = noon.Add(10 * time.Second)
	w.opens(forms()[3].form)
	if !strings.Contains(w.sees(), "troppo poco tempo") || len(w.modals()) != 0 {
		t.Errorf("instead of a form:\n%s", w.sees())
	}
	if diff := cmp.Diff(1, len(w.posts())); diff != "" {
		t.Errorf("cards (-want +got):\n%s", diff)
	}
}
