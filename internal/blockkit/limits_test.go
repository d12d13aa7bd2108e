package blockkit_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/followup-dev/followup-operator/internal/blockkit"
)

type checker func(json.RawMessage) []blockkit.Problem

// Builders of what has a limit; text is of n two-byte characters, so that counting bytes would fail.
var (
	view, mess, opts checker = blockkit.CheckView, blockkit.CheckMessage, blockkit.CheckOptions

	long  = func(n int) string { return strings.Repeat("é", n) }
	plain = func(n int) string { return fmt.Sprintf(`{"type":"plain_text","text":%q}`, long(n)) }
	mrk   = func(n int) string { return fmt.Sprintf(`{"type":"mrkdwn","text":%q}`, long(n)) }

	block   = func(inner string) string { return modal(`{"type":` + inner + `}`) }
	element = func(inner string) string { return block(`"actions","elements":[{"type":` + inner + `}]`) }
	input   = func(inner string) string {
		return strings.Replace(block(`"input","label":`+plain(1)+`,"element":{"type":`+inner+`}`), `"title"`, `"submit":`+plain(1)+`,"title"`, 1)
	}
	choice = func(text, value, description int) string {
		return fmt.Sprintf(`{"text":%s,"value":%q,"description":%s}`, plain(text), long(value), plain(description))
	}
	options     = func(n int) string { return `[` + repeat(n, choice(1, 1, 1)) + `]` }
	selecting   = func(option string) string { return element(`"static_select","options":[` + option + `]`) }
	suggesting  = func(option string) string { return `{"options":[` + option + `]}` }
	sections    = func(n int) string { return repeat(n, section("x")) }
	ofView      = func(name, value string) string { return strings.Replace(modal(""), `{`, `{"`+name+`":`+value+`,`, 1) }
	ofMessage   = func(blocks string) string { return `{"blocks":[` + blocks + `]}` }
	numbered    = func(n int) string { return fmt.Sprintf(`"plain_text_input","max_length":%d`, n) }
	differently = func(n int, format string) string {
		items := make([]string, n)
		for i := range items {
			items[i] = fmt.Sprintf(format, i)
		}
		return strings.Join(items, ",")
	}
)

// Each limit of Block Kit: what has just that many passes, one more does not.
// Source: the page of each block and element below https://docs.slack.dev/reference/block-kit.
func TestLimits(t *testing.T) {
	tests := map[string]struct {
		limit int
		check checker
		with  func(n int) string
	}{
		"blocks of a modal":   {100, view, func(n int) string { return modal(sections(n)) }},
		"blocks of a message": {50, mess, func(n int) string { return ofMessage(sections(n)) }},
		"text of a message":   {40000, mess, func(n int) string { return fmt.Sprintf(`{"text":%q}`, long(n)) }},

		"title of a modal":            {24, view, func(n int) string { return `{"type":"modal","title":` + plain(n) + `,"blocks":[]}` }},
		"submit of a modal":           {24, view, func(n int) string { return ofView("submit", plain(n)) }},
		"close of a modal":            {24, view, func(n int) string { return ofView("close", plain(n)) }},
		"private_metadata of a modal": {3000, view, func(n int) string { return ofView("private_metadata", `"`+long(n)+`"`) }},
		"callback_id of a modal":      {255, view, func(n int) string { return ofView("callback_id", `"`+long(n)+`"`) }},
		"external_id of a modal":      {255, view, func(n int) string { return ofView("external_id", `"`+long(n)+`"`) }},

		"block_id":              {255, view, func(n int) string { return block(`"divider","block_id":"` + long(n) + `"`) }},
		"action_id of a button": {255, view, func(n int) string { return element(`"button","text":` + plain(1) + `,"action_id":"` + long(n) + `"`) }},
		"action_id of a select": {255, view, func(n int) string { return element(`"external_select","action_id":"` + long(n) + `"`) }},
		"text of a section":     {3000, view, func(n int) string { return block(`"section","text":` + mrk(n)) }},
		"fields of a section":   {10, view, func(n int) string { return block(`"section","fields":[` + repeat(n, mrk(1)) + `]`) }},
		"text of a field":       {2000, view, func(n int) string { return block(`"section","fields":[` + mrk(n) + `]`) }},
		"text of a header":      {150, view, func(n int) string { return block(`"header","text":` + plain(n)) }},
		"elements of a context": {10, view, func(n int) string { return block(`"context","elements":[` + repeat(n, mrk(1)) + `]`) }},
		"text of a context":     {3000, view, func(n int) string { return block(`"context","elements":[` + mrk(n) + `]`) }},
		"elements of actions": {25, view, func(n int) string {
			return block(`"actions","elements":[` + repeat(n, `{"type":"button","text":`+plain(1)+`}`) + `]`)
		}},
		"image_url":            {3000, view, func(n int) string { return block(`"image","alt_text":"x","image_url":"` + long(n) + `"`) }},
		"alt_text of an image": {2000, view, func(n int) string { return block(`"image","image_url":"x","alt_text":"` + long(n) + `"`) }},
		"title of an image":    {2000, view, func(n int) string { return block(`"image","image_url":"x","alt_text":"x","title":` + plain(n)) }},
		"image_url of an accessory": {3000, view, func(n int) string {
			return block(`"section","text":` + mrk(1) + `,"accessory":{"type":"image","alt_text":"x","image_url":"` + long(n) + `"}`)
		}},
		"label of an input": {2000, view, func(n int) string {
			return strings.Replace(input(`"plain_text_input"`), `"label":`+plain(1), `"label":`+plain(n), 1)
		}},
		"hint of an input": {2000, view, func(n int) string {
			return strings.Replace(input(`"plain_text_input"`), `"label"`, `"hint":`+plain(n)+`,"label"`, 1)
		}},

		"text of a button":  {75, view, func(n int) string { return element(`"button","text":` + plain(n)) }},
		"value of a button": {2000, view, func(n int) string { return element(`"button","text":` + plain(1) + `,"value":"` + long(n) + `"`) }},
		"url of a button":   {3000, view, func(n int) string { return element(`"button","text":` + plain(1) + `,"url":"` + long(n) + `"`) }},
		"accessibility_label of a button": {75, view, func(n int) string {
			return element(`"button","text":` + plain(1) + `,"accessibility_label":"` + long(n) + `"`)
		}},

		"options of a select": {100, view, func(n int) string { return element(`"static_select","options":` + options(n)) }},
		"option groups of a select": {100, view, func(n int) string {
			return element(`"static_select","option_groups":[` + repeat(n, `{"label":`+plain(1)+`,"options":`+options(1)+`}`) + `]`)
		}},
		"options of a group": {100, view, func(n int) string {
			return element(`"static_select","option_groups":[{"label":` + plain(1) + `,"options":` + options(n) + `}]`)
		}},
		"label of a group": {75, view, func(n int) string {
			return element(`"static_select","option_groups":[{"label":` + plain(n) + `,"options":` + options(1) + `}]`)
		}},
		"text of an option":          {75, view, func(n int) string { return selecting(choice(n, 1, 1)) }},
		"value of an option":         {150, view, func(n int) string { return selecting(choice(1, n, 1)) }},
		"description of an option":   {75, view, func(n int) string { return selecting(choice(1, 1, n)) }},
		"placeholder of a select":    {150, view, func(n int) string { return element(`"external_select","placeholder":` + plain(n)) }},
		"initial option of a select": {75, view, func(n int) string { return element(`"external_select","initial_option":` + choice(n, 1, 1)) }},
		"options of an overflow":     {5, view, func(n int) string { return element(`"overflow","options":` + options(n)) }},
		"options of checkboxes":      {10, view, func(n int) string { return element(`"checkboxes","options":` + options(n)) }},
		"options of radio buttons":   {10, view, func(n int) string { return element(`"radio_buttons","options":` + options(n)) }},
		"placeholder of an input":    {150, view, func(n int) string { return input(`"plain_text_input","placeholder":` + plain(n)) }},
		"max_length of an input":     {3000, view, func(n int) string { return input(numbered(n)) }},
		"initial_value of an input":  {3000, view, func(n int) string { return input(`"plain_text_input","initial_value":"` + long(n) + `"`) }},
		"options of an answer":       {100, opts, func(n int) string { return `{"options":` + options(n) + `}` }},
		"option groups of an answer": {100, opts, func(n int) string {
			return `{"option_groups":[` + repeat(n, `{"label":`+plain(1)+`,"options":`+options(1)+`}`) + `]}`
		}},
		"option's text in an answer":  {75, opts, func(n int) string { return suggesting(choice(n, 1, 1)) }},
		"option's value in an answer": {150, opts, func(n int) string { return suggesting(choice(1, n, 1)) }},
		"description in an answer":    {75, opts, func(n int) string { return suggesting(choice(1, 1, n)) }},
		"a markdown block":            {12000, mess, func(n int) string { return ofMessage(`{"type":"markdown","text":"` + long(n) + `"}`) }},
		"markdown blocks together": {12000, mess, func(n int) string {
			return ofMessage(`{"type":"markdown","text":"` + long(6000) + `"},{"type":"markdown","text":"` + long(n-6000) + `"}`)
		}},
		"blocks of a message together": {13000, mess, func(n int) string { return ofMessage(repeat(4, section(long(3000))) + "," + section(long(n-12000))) }},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if problems := tc.check(json.RawMessage(tc.with(tc.limit))); problems != nil {
				t.Errorf("%d: %v", tc.limit, problems)
			}
			if problems := tc.check(json.RawMessage(tc.with(tc.limit + 1))); problems == nil {
				t.Errorf("%d passes, the limit is %d", tc.limit+1, tc.limit)
			}
		})
	}
}

func TestAViewHasASize(t *testing.T) {
	size := func(n int) string {
		empty := ofView("private_metadata", `""`)
		return strings.Replace(empty, `{`, `{`+strings.Repeat(" ", n-len(empty)), 1)
	}
	if problems := view(json.RawMessage(size(250 << 10))); problems != nil {
		t.Errorf("250 KiB: %v", problems)
	}
	if problems := view(json.RawMessage(size(250<<10 + 1))); len(problems) != 1 {
		t.Errorf("more: %v", problems)
	}
}

// What must be there, at least once.
func TestWhatMayNotBeEmpty(t *testing.T) {
	tests := map[string]struct {
		check checker
		doc   string
	}{
		"text of a button":      {view, element(`"button","text":` + plain(0))},
		"value of a button":     {view, element(`"button","text":` + plain(1) + `,"value":""`)},
		"action_id":             {view, element(`"button","text":` + plain(1) + `,"action_id":""`)},
		"block_id":              {view, block(`"divider","block_id":""`)},
		"text of a header":      {view, block(`"header","text":` + plain(0))},
		"elements of actions":   {view, block(`"actions","elements":[]`)},
		"elements of a context": {view, block(`"context","elements":[]`)},
		"options of a select":   {view, element(`"static_select","options":[]`)},
		"text of an option":     {view, selecting(choice(0, 1, 1))},
		"value of an option":    {view, selecting(choice(1, 0, 1))},
		"title of a modal":      {view, `{"type":"modal","title":` + plain(0) + `,"blocks":[]}`},
		"options of an answer":  {opts, `{}`},
		"both in an answer":     {opts, `{"options":[],"option_groups":[]}`},
		"options for a select":  {view, element(`"static_select"`)},
		"both for a select":     {view, element(`"static_select","options":` + options(1) + `,"option_groups":[]`)},
		"alt_text of an image":  {view, block(`"image","image_url":"x"`)},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if tc.check(json.RawMessage(tc.doc)) == nil {
				t.Errorf("passes: %s", tc.doc)
			}
		})
	}
	if problems := opts(json.RawMessage(`{"options":[]}`)); problems != nil {
		t.Errorf("an answer may say that nothing was found: %v", problems)
	}
	if problems := view(json.RawMessage(modal(differently(100, `{"type":"divider","block_id":"b%d"}`)))); problems != nil {
		t.Errorf("a hundred block_ids that differ: %v", problems)
	}
}
