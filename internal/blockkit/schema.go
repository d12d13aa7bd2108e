package blockkit

import (
	"maps"
	"time"
)

// The limits are those of the pages below https://docs.slack.dev/reference/block-kit: each rule is named like its page.

const unbounded = 1 << 20

var (
	id = text(1, 255) // block_id, action_id, callback_id, external_id

	plainText = func(maximum int) rule {
		return typed("text object", map[string]rule{"plain_text": plainTextBody(maximum)})
	}
	anyText = func(maximum int) rule {
		return typed("text object", map[string]rule{
			"plain_text": plainTextBody(maximum),
			"mrkdwn":     object(fields{"text": text(1, maximum)}, fields{"verbatim": boolean}),
		})
	}
	plainTextBody = func(maximum int) rule {
		return object(fields{"text": text(1, maximum)}, fields{"emoji": boolean})
	}

	confirmation = object(
		fields{"title": plainText(100), "text": anyText(300), "confirm": plainText(30), "deny": plainText(30)},
		fields{"style": oneOf("primary", "danger")},
	)

	option         = optionOf(plainText(75), nil)
	choice         = optionOf(anyText(75), nil) // of checkboxes and radio buttons, which take mrkdwn
	overflowOption = optionOf(plainText(75), fields{"url": text(1, 3000)})
	optionGroup    = object(fields{"label": plainText(75), "options": list(1, 100, option)}, nil)
)

func optionOf(label rule, more fields) rule {
	optional := fields{"description": plainText(75)}
	maps.Copy(optional, more)
	return object(fields{"text": label, "value": text(1, 150)}, optional)
}

// elements that can be acted on, by type.
var elements = map[string]rule{
	"button": object(fields{"text": plainText(75)}, fields{
		"action_id": id, "url": text(1, 3000), "value": text(1, 2000), "style": oneOf("primary", "danger"),
		"confirm": confirmation, "accessibility_label": text(1, 75),
	}),
	"static_select": all(exactlyOne("options", "option_groups"), initialAmong, selectOf(fields{
		"options": list(1, 100, option), "option_groups": list(1, 100, optionGroup), "initial_option": option,
	})),
	"external_select": selectOf(fields{"min_query_length": integer(0, 1000), "initial_option": option}),
	"overflow":        object(fields{"options": list(1, 5, overflowOption)}, fields{"action_id": id, "confirm": confirmation}),
	"checkboxes": all(initialAmong, object(fields{"options": list(1, 10, choice)}, fields{
		"action_id": id, "initial_options": list(1, 10, choice), "confirm": confirmation, "focus_on_load": boolean,
	})),
	"radio_buttons": all(initialAmong, object(fields{"options": list(1, 10, choice)}, fields{
		"action_id": id, "initial_option": choice, "confirm": confirmation, "focus_on_load": boolean,
	})),
	"datepicker": selectOf(fields{"initial_date": timed(time.DateOnly, "YYYY-MM-DD")}),
	"timepicker": selectOf(fields{"initial_time": timed("15:04", "HH:mm"), "timezone": text(1, 255)}),
}

func selectOf(more fields) rule {
	optional := fields{"action_id": id, "placeholder": plainText(150), "confirm": confirmation, "focus_on_load": boolean}
	maps.Copy(optional, more)
	return object(nil, optional)
}

var plainTextInput = all(initialFits, object(nil, fields{
	"action_id": id, "initial_value": text(0, 3000), "multiline": boolean,
	"min_length": integer(0, 3000), "max_length": integer(1, 3000), "placeholder": plainText(150), "focus_on_load": boolean,
	"dispatch_action_config": object(fields{
		"trigger_actions_on": list(1, 2, oneOf("on_enter_pressed", "on_character_entered")),
	}, nil),
}))

// imageBody is the image element and, with a title, the image block.
func imageBody(more fields) rule {
	optional := fields{"image_url": text(1, 3000)}
	maps.Copy(optional, more)
	return all(exactlyOne("image_url"), object(fields{"alt_text": text(1, 2000)}, optional))
}

func with(base, more map[string]rule) map[string]rule {
	merged := maps.Clone(base)
	maps.Copy(merged, more)
	return merged
}

// layout are the blocks allowed in modals and messages alike.
var layout = map[string]rule{
	"divider": object(nil, fields{"block_id": id}),
	"header":  object(fields{"text": plainText(150)}, fields{"block_id": id}),
	"section": all(atLeastOne("text", "fields"), object(nil, fields{
		"block_id": id, "text": anyText(3000), "fields": list(1, 10, anyText(2000)), "expand": boolean,
		"accessory": typed("element", with(elements, map[string]rule{"image": imageBody(nil)})),
	})),
	"context": object(fields{"elements": list(1, 10, typed("context element", map[string]rule{
		"plain_text": plainTextBody(3000),
		"mrkdwn":     object(fields{"text": text(1, 3000)}, fields{"verbatim": boolean}),
		"image":      imageBody(nil),
	}))}, fields{"block_id": id}),
	"actions": object(fields{"elements": list(1, 25, typed("interactive element", elements))}, fields{"block_id": id}),
	"image":   imageBody(fields{"block_id": id, "title": plainText(2000)}),
	"input": object(fields{"label": plainText(2000), "element": typed("input element", inputElements())}, fields{
		"block_id": id, "hint": plainText(2000), "optional": boolean, "dispatch_action": boolean,
	}),
}

func inputElements() map[string]rule {
	allowed := with(elements, map[string]rule{"plain_text_input": plainTextInput})
	delete(allowed, "button")
	delete(allowed, "overflow")
	return allowed
}

// A modal: https://docs.slack.dev/reference/views/modal-views
var modal = object(
	fields{"title": plainText(24), "blocks": list(0, 100, typed("block", layout))},
	fields{
		"close": plainText(24), "submit": plainText(24), "private_metadata": text(0, 3000),
		"callback_id": text(0, 255), "external_id": text(0, 255),
		"clear_on_close": boolean, "notify_on_close": boolean, "submit_disabled": boolean,
	},
)

// A message sent to a response_url or as an acknowledgement:
// https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
//
// All markdown blocks together take 12,000 characters. That all blocks together have a limit is not documented: above
// some 13,200 characters Slack answers msg_blocks_too_long (https://github.com/slackapi/bolt-js/issues/2509).
var message = all(sumOf(12000, "markdown"), sumOf(13000), messageBody)

var messageBody = object(nil, fields{
	"text": text(0, 40000), "blocks": list(0, 50, typed("block", with(layout, map[string]rule{
		"markdown": object(fields{"text": text(1, 12000)}, fields{"block_id": id}), // in messages only
	}))),
	"response_type": oneOf("ephemeral", "in_channel"), "replace_original": boolean, "delete_original": boolean,
	"unfurl_links": boolean, "unfurl_media": boolean, "mrkdwn": boolean, "thread_ts": text(1, unbounded),
})

// An answer to block_suggestion, which may be an empty list, but not nothing:
// https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element#external_select
var suggestions = all(exactlyOne("options", "option_groups"), object(nil, fields{
	"options": list(0, 100, option), "option_groups": list(0, 100, optionGroup),
}))
