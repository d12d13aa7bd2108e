package slackui

import "github.com/slack-go/slack"

// page is what is shown, whether in a modal or in a message.
type page struct {
	title   string // at most 24 characters
	summary string // for notifications and screen readers; ours, not a customer's
	blocks  []slack.Block
}

var loading = page{
	title:  "Meetings",
	blocks: []slack.Block{section(":hourglass_flowing_sand: Looking for your meetings in Fathom…")},
}

func (p page) modal() slack.ModalViewRequest {
	return slack.ModalViewRequest{
		Type:   slack.VTModal,
		Title:  slack.NewTextBlockObject(slack.PlainTextType, p.title, false, false),
		Close:  slack.NewTextBlockObject(slack.PlainTextType, "Close", false, false),
		Blocks: slack.Blocks{BlockSet: p.blocks},
	}
}

// message is for the user who typed the command alone.
func (p page) message() slack.WebhookMessage {
	header := slack.NewHeaderBlock(slack.NewTextBlockObject(slack.PlainTextType, p.title, false, false))
	return slack.WebhookMessage{
		ResponseType: slack.ResponseTypeEphemeral,
		Text:         p.summary,
		Blocks:       &slack.Blocks{BlockSet: append([]slack.Block{header}, p.blocks...)},
	}
}

func section(mrkdwn string) slack.Block {
	return slack.NewSectionBlock(verbatim(mrkdwn), nil, nil)
}

func footnote(mrkdwn string) slack.Block {
	return slack.NewContextBlock("", verbatim(mrkdwn))
}

// verbatim text gets no links and mentions but the explicit ones.
func verbatim(mrkdwn string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.MarkdownType, mrkdwn, false, true)
}
