package followup

import "context"

// gmailDraft is an e-mail in the user's own mailbox, to the session's recipients.
type gmailDraft struct {
	mailbox Mailbox
	draft   Draft
}

func (a *Actor) gmailDraft(ctx context.Context, d *deed) (performer, error) {
	texts, err := a.texts(ctx, d)
	if err != nil {
		return nil, err
	}
	mailbox, err := a.Offices.Mailbox(ctx, d.session.Viewer)
	if err != nil {
		return nil, err
	}
	if !SameAddress(mailbox.Address(), d.action.Target) { // the user's address is another than when they asked
		return nil, &Problem{Reason: GoogleNotYours}
	}
	return gmailDraft{mailbox: mailbox, draft: Draft{
		Key:     d.action.Key,
		To:      d.session.Recipients(),
		Subject: texts.Email.Subject,
		Body:    texts.Email.Body,
		At:      a.Now(),
	}}, nil
}

func (g gmailDraft) look(ctx context.Context) (Artefact, bool, error) {
	return g.mailbox.FindDraft(ctx, g.draft.Key)
}

func (g gmailDraft) do(ctx context.Context) (Artefact, error) {
	return g.mailbox.CreateDraft(ctx, g.draft)
}

func (g gmailDraft) undo(ctx context.Context, made Artefact) error {
	return g.mailbox.DeleteDraft(ctx, made.ExternalID)
}
