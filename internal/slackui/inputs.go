package slackui

import (
	"time"

	"github.com/slack-go/slack"
)

// maxTyped is how many characters Slack takes in an input.
const maxTyped = 3000

// input is a field of a form: its name is block_id and action_id.
func input(name, label string, element slack.BlockElement) *slack.InputBlock {
	return slack.NewInputBlock(name, plainText(label), nil, element)
}

func optional(block *slack.InputBlock) *slack.InputBlock {
	block.Optional = true
	return block
}

// hinted has a line of ours below it.
func hinted(block *slack.InputBlock, hint string) *slack.InputBlock {
	if hint != "" {
		block.Hint = plainText(hint)
	}
	return block
}

// writing is an input of one line, or of many, with what is in it so far. What does not fit is cut, and said to be.
func (a audience) writing(name, label, value string, size int, multiline bool) *slack.InputBlock {
	value, whole := typed(value, size)
	block := input(name, label, &slack.PlainTextInputBlockElement{
		Type: slack.METPlainTextInput, ActionID: name, InitialValue: value, MaxLength: size, Multiline: multiline,
	})
	if !whole {
		return hinted(block, a.Count("form.cut", size))
	}
	return block
}

// dateAndTime are two inputs, without initial values if start is no local time.
func (a audience) dateAndTime(dateLabel, start string) []slack.Block {
	date := &slack.DatePickerBlockElement{Type: slack.METDatepicker, ActionID: InputDate}
	clock := &slack.TimePickerBlockElement{Type: slack.METTimepicker, ActionID: InputTime}
	if at, err := time.Parse(localTime, start); err == nil {
		date.InitialDate, clock.InitialTime = at.Format(time.DateOnly), at.Format("15:04")
	}
	return []slack.Block{
		input(InputDate, dateLabel, date),
		input(InputTime, a.Say("form.time", "Zone", a.zoneName), clock),
	}
}

// choices is a menu; initial is the value of the option that is chosen so far, if there is one.
func (a audience) choices(name, label, initial string, options ...*slack.OptionBlockObject) *slack.InputBlock {
	menu := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plainText(a.Say("form.choose")), name, options...)
	for _, o := range options {
		if o.Value == initial {
			menu.InitialOption = o
		}
	}
	return input(name, label, menu)
}

// finder asks for options as its user types.
func (a audience) finder(name, label string) (*slack.InputBlock, *slack.SelectBlockElement) {
	menu := slack.NewOptionsSelectBlockElement(slack.OptTypeExternal, plainText(a.Say("form.find")), name)
	one := 1
	menu.MinQueryLength = &one
	return input(name, label, menu), menu
}

// maxValue is how many characters the value of an option may have.
const maxValue = 150

// choice is an option of a customer's words, nil if its value does not fit or nothing of it can be seen.
func choice(value, text, description string) *slack.OptionBlockObject {
	if value == "" || len(value) > maxValue {
		return nil
	}
	label := inert(text, maxOptionText)
	if label == "" {
		label = inert(value, maxOptionText)
	}
	if label == "" {
		return nil
	}
	option := slack.NewOptionBlockObject(value, plainText(label), nil)
	if more := inert(description, maxOptionText); more != "" {
		option.Description = plainText(more)
	}
	return option
}
