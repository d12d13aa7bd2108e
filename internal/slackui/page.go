package slackui

import "github.com/slack-go/slack"

// page is what is shown, whether in a modal or in a message.
type page struct {
	title   string // at most 24 characters
	summary string // for notifications and screen readers; ours, not a customer's
	closing string // the label of the button that closes it
	tenant  string // its ID, by which a click in a modal of another tenant is known
	blocks  []slack.Block
}

func (a audience) page(title, summary string, blocks ...slack.Block) page {
	return page{title: title, summary: summary, closing: a.Say("screen.close"), tenant: a.tenantID, blocks: blocks}
}

// loading has nothing to click on: what is asked for next may depend on what comes.
func (a audience) loading() page {
	looking := a.Say("screen.loading")
	return a.page(a.Say("screen.meetings.title"), looking, section(":hourglass_flowing_sand: "+looking))
}

// modal has the external_id by which its request finds it again, or none; and its tenant, as private_metadata.
func (p page) modal(externalID string) slack.ModalViewRequest {
	return slack.ModalViewRequest{
		Type:            slack.VTModal,
		CallbackID:      CallbackMeetings,
		ExternalID:      externalID,
		PrivateMetadata: p.tenant,
		Title:           plainText(p.title),
		Close:           plainText(p.closing),
		Blocks:          slack.Blocks{BlockSet: p.blocks},
	}
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

func section(mrkdwn string) slack.Block {
	return slack.NewSectionBlock(verbatim(mrkdwn), nil, nil)
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
