package slackapi

import (
	"context"

	"github.com/slack-go/slack"

	"github.com/followup-dev/followup-operator/internal/blockkit"
)

// Post sends the text and the blocks of a message to a user, in their conversation with the app (which it opens), or to
// a channel, by its ID. It returns where the message is: the channel's own ID, and the timestamp that names it there.
// Links in it are not unfurled. It takes the scope chat:write. After UnknownOutcome it may have been posted.
func (b *Bot) Post(ctx context.Context, channelOrUser string, message slack.WebhookMessage) (channel, timestamp string, err error) {
	if err := b.check(ctx, postMessage, message, blockkit.CheckMessage); err != nil {
		return "", "", err
	}
	err = b.call(ctx, postMessage, func(ctx context.Context, client *slack.Client) error {
		at, ts, err := client.PostMessageContext(ctx, channelOrUser,
			append(content(message), slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl())...)
		if err == nil && (ts == "" || at == "") {
			return unreadable()
		}
		channel, timestamp = at, ts
		return err
	})
	return channel, timestamp, err
}

// UpdateMessage replaces the text and the blocks of a message of the app; MessageGone(err) when it
// can't any more. To do it twice is to do it once. Slack does not unfurl what an update brings.
func (b *Bot) UpdateMessage(ctx context.Context, channel, timestamp string, message slack.WebhookMessage) error {
	if err := b.check(ctx, updateMessage, message, blockkit.CheckMessage); err != nil {
		return err
	}
	return b.call(ctx, updateMessage, func(ctx context.Context, client *slack.Client) error {
		_, _, _, err := client.UpdateMessageContext(ctx, channel, timestamp, content(message)...)
		return err
	})
}

func content(message slack.WebhookMessage) []slack.MsgOption {
	options := []slack.MsgOption{slack.MsgOptionText(message.Text, false)}
	if message.Blocks != nil {
		options = append(options, slack.MsgOptionBlocks(message.Blocks.BlockSet...))
	}
	return options
}
