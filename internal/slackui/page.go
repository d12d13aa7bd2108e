package slackui

import "github.com/slack-go/slack"

// page is what is shown, whether in a modal or in a message.
type page struct {
	title   string // at most 24 characters
	summary string // for notifications and screen readers; ours, not a customer's
	closing string // the label of the button that closes it
	submit  string // the label of the button that submits it, "" if there is nothing to
	// callback and about are a modal's callback_id and private_metadata, by which what comes back from it is told, and a click
	// in a modal of another tenant is known.
	callback string
	about    Metadata
	blocks   []slack.Block
}

func (a audience) page(title, summary string, blocks ...slack.Block) page {
	return page{
		title: title, summary: summary, closing: a.Say("screen.close"), blocks: blocks,
		callback: CallbackMeetings, about: Metadata{Tenant: a.tenantID},
	}
}

// loading has nothing to click on: what is asked for next may depend on what comes.
func (a audience) loading() page {
	looking := a.Say("screen.loading")
	return a.page(a.Say("screen.meetings.title"), looking, section(":hourglass_flowing_sand: "+looking))
}

// modal has the external_id by which its request finds it again, or none.
func (p page) modal(externalID string) slack.ModalViewRequest {
	view := slack.ModalViewRequest{
		Type:            slack.VTModal,
		CallbackID:      p.callback,
		ExternalID:      externalID,
		PrivateMetadata: p.about.String(),
		Title:           plainText(p.title),
		Close:           plainText(p.closing),
		Blocks:          slack.Blocks{BlockSet: p.blocks},
	}
	if p.submit != "" {
		view.Submit = plainText(p.submit)
	}
	return view
}

// message is for the user alone. A message that replaces another is seen by whoever saw that one.
func (p page) message(replace bool) slack.WebhookMessage {
	never := false
	header := slack.NewHeaderBlock(plainText(p.title))
	message := slack.WebhookMessage{
		ResponseType: slack.ResponseTypeEphemeral,
		Text:         p.summary,
		Blocks:       &slack.Blocks{BlockSet: append([]slack.Block{header}, p.blocks...)},
		UnfurlLinks:  &never,
		UnfurlMedia:  &never,
	}
	if replace {
		message.ResponseType, message.ReplaceOriginal = "", true
	}
	return message
}

// post is a message in the user's conversation with the app, to which only they and the app belong.
func (p page) post() slack.WebhookMessage {
	m := p.message(false)
	m.ResponseType = ""
	return m
}

func section(mrkdwn string) slack.Block {
	return slack.NewSectionBlock(verbatim(mrkdwn), nil, nil)
}

// sectionWith has something to click on beside its text.
func sectionWith(mrkdwn string, element slack.BlockElement) slack.Block {
	return slack.NewSectionBlock(verbatim(mrkdwn), nil, slack.NewAccessory(element))
}

func footnote(mrkdwn string) slack.Block {
	return slack.NewContextBlock("", verbatim(mrkdwn))
}

func button(action, value, label string) slack.BlockElement {
	return slack.NewButtonBlockElement(action, value, plainText(label))
}

// verbatim text gets no links and mentions but the explicit ones.
func verbatim(mrkdwn string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.MarkdownType, mrkdwn, false, true)
}

// plainText has no markup, and colons in it make no emoji.
func plainText(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, text, false, false)
}
