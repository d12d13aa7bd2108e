package slackui

import (
	"github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// NoticeModal says why a click or a shortcut did nothing, in mrkdwn of ours. It lies over the modal that was clicked in.
func NoticeModal(locale, text string) slack.ModalViewRequest {
	a := audienceOf(tenancy.Tenant{Locale: locale})
	return a.page(a.Say("screen.notice.title"), text, section(text)).modal("")
}

// NoticeMessage says the same to the user alone, and leaves the message that was clicked in as it is.
func NoticeMessage(text string) slack.WebhookMessage {
	return slack.WebhookMessage{ResponseType: slack.ResponseTypeEphemeral, Text: text}
}

// opening has nothing to fill in yet.
func (a audience) opening() page {
	moment := a.Say("form.opening")
	return a.page(a.Say("screen.notice.title"), moment, section(":hourglass_flowing_sand: "+moment))
}

// tooLate is for a user who clicked and got no form.
func (a audience) tooLate() page {
	text := a.Say("form.too_late")
	return a.page(a.Say("screen.notice.title"), text, section(text))
}
