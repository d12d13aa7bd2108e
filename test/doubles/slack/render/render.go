package render

import (
	"encoding/json"
	"strings"
)

// Width is how many columns a rendered modal takes, with its frame.
const Width = 72

const inner = Width - 4

// textObject is a text object, an option's text or any other text of Slack's.
type textObject struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

func (t *textObject) String() string {
	switch {
	case t == nil:
		return ""
	case t.Type == "mrkdwn":
		return plainMrkdwn(t.Text)
	default:
		return withEmoji(t.Text)
	}
}

// block is the union of the blocks that package blockkit knows.
type block struct {
	Type      string          `json:"type"`
	Text      json.RawMessage `json:"text"` // a text object; a string in a markdown block
	Fields    []textObject    `json:"fields"`
	Accessory *element        `json:"accessory"`
	Elements  []element       `json:"elements"`
	AltText   string          `json:"alt_text"`
	Title     *textObject     `json:"title"`
	Label     *textObject     `json:"label"`
	Element   *element        `json:"element"`
	Hint      *textObject     `json:"hint"`
	Optional  bool            `json:"optional"`
}

// element is the union of their elements.
type element struct {
	Type           string          `json:"type"`
	Text           json.RawMessage `json:"text"` // a text object; a string in a context block's text
	URL            string          `json:"url"`
	AltText        string          `json:"alt_text"`
	Placeholder    *textObject     `json:"placeholder"`
	Multiline      bool            `json:"multiline"`
	InitialValue   string          `json:"initial_value"`
	InitialOption  *choiceText     `json:"initial_option"`
	InitialOptions []choiceText    `json:"initial_options"`
	Options        []choiceText    `json:"options"`
	InitialDate    string          `json:"initial_date"`
	InitialTime    string          `json:"initial_time"`
}

type choiceText struct {
	Text        textObject  `json:"text"`
	Description *textObject `json:"description"`
	Value       string      `json:"value"`
}

// View is a modal as plain text, drawn as its user sees it.
func View(view json.RawMessage) (string, error) {
	var v struct {
		Title  *textObject `json:"title"`
		Close  *textObject `json:"close"`
		Submit *textObject `json:"submit"`
		Blocks []block     `json:"blocks"`
	}
	if err := json.Unmarshal(view, &v); err != nil {
		return "", err
	}
	footer := button(orElse(v.Close.String(), "Close"))
	if v.Submit != nil {
		footer += " " + button(v.Submit.String())
	}
	return frame(inner,
		[]string{spread(v.Title.String(), "✕", inner)},
		renderBlocks(v.Blocks, inner),
		[]string{spread("", footer, inner)},
	), nil
}

// Message is a message as plain text: its blocks, or without any its text.
func Message(message json.RawMessage) (string, error) {
	var m struct {
		Text   string  `json:"text"`
		Blocks []block `json:"blocks"`
	}
	if err := json.Unmarshal(message, &m); err != nil {
		return "", err
	}
	lines := wrap(plainMrkdwn(m.Text), inner)
	if len(m.Blocks) > 0 {
		lines = renderBlocks(m.Blocks, inner)
	}
	return strings.Join(lines, "\n") + "\n", nil
}

// renderBlocks sets the blocks below each other, with air around what is not a line or a footnote.
func renderBlocks(blocks []block, width int) []string {
	var lines []string
	for i, b := range blocks {
		if i > 0 && b.Type != "divider" && blocks[i-1].Type != "divider" {
			lines = append(lines, "")
		}
		lines = append(lines, b.render(width)...)
	}
	return lines
}

func (b block) render(width int) []string {
	switch b.Type {
	case "divider":
		return []string{strings.Repeat("─", width)}
	case "header":
		title := textOf(b.Text)
		return append(wrap(title, width), strings.Repeat("‾", min(columns(title), width)))
	case "section":
		return b.renderSection(width)
	case "context", "actions":
		parts := make([]string, len(b.Elements))
		for i, e := range b.Elements {
			parts[i] = e.render()
		}
		return row(parts, width)
	case "image":
		return wrap("🖼  "+orElse(b.Title.String(), b.AltText), width)
	case "input":
		label := b.Label.String()
		if b.Optional {
			label += " (optional)"
		}
		lines := append(wrap(label, width), b.Element.renderInput(width)...)
		if b.Hint != nil {
			lines = append(lines, wrap(b.Hint.String(), width)...)
		}
		return lines
	case "markdown":
		return wrap(plainMrkdwn(strings.ReplaceAll(textOf(b.Text), "**", "*")), width)
	default:
		return []string{"(" + b.Type + ")"}
	}
}

// renderSection sets the text with its accessory at the right of the first line, then the fields in two columns.
func (b block) renderSection(width int) []string {
	var lines []string
	if b.Text != nil {
		right := ""
		if b.Accessory != nil {
			right = b.Accessory.render()
		}
		if right == "" || columns(right) > width/2 {
			lines = wrap(textOf(b.Text), width)
		} else {
			lines = wrap(textOf(b.Text), width-columns(right)-2)
			lines[0] = spread(lines[0], right, width)
			right = ""
		}
		if right != "" {
			lines = append(lines, right)
		}
	}
	half := (width - 2) / 2
	for i := 0; i < len(b.Fields); i += 2 {
		left := wrap(b.Fields[i].String(), half)
		var right []string
		if i+1 < len(b.Fields) {
			right = wrap(b.Fields[i+1].String(), half)
		}
		for row := range max(len(left), len(right)) {
			lines = append(lines, strings.TrimRight(pad(at(left, row), half+2)+at(right, row), " "))
		}
	}
	return lines
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}

func (e *element) render() string {
	if e == nil {
		return ""
	}
	switch e.Type {
	case "plain_text":
		return withEmoji(textOf(e.Text))
	case "mrkdwn":
		return plainMrkdwn(textOf(e.Text))
	case "image":
		return "🖼  " + e.AltText
	case "button":
		label := textOf(e.Text)
		if e.URL != "" {
			label += " ↗"
		}
		return button(label)
	case "overflow":
		return button("⋯")
	case "checkboxes", "radio_buttons":
		return e.renderChoices()
	default:
		return e.renderField()
	}
}

func (e *element) renderChoices() string {
	chosen := e.InitialOptions
	if e.InitialOption != nil {
		chosen = append(chosen, *e.InitialOption)
	}
	lines := make([]string, len(e.Options))
	for i, o := range e.Options {
		mark, full := "○ ", "● "
		if e.Type == "checkboxes" {
			mark, full = "☐ ", "☑ "
		}
		for _, c := range chosen {
			if c.Value == o.Value {
				mark = full
			}
		}
		lines[i] = mark + o.Text.String()
		if o.Description != nil {
			lines[i] += "\n  " + o.Description.String()
		}
	}
	return strings.Join(lines, "\n")
}

// renderInput is the element of an input: a field of as many lines as its text has.
func (e *element) renderInput(width int) []string {
	if e == nil || e.Type != "plain_text_input" || !e.Multiline {
		return wrap(e.render(), width)
	}
	lines := wrap(orElse(e.InitialValue, e.Placeholder.String()), width-4)
	for i, line := range lines {
		lines[i] = "[ " + pad(line, width-4) + " ]"
	}
	return lines
}

// renderField is what one types into or picks from.
func (e *element) renderField() string {
	value := orElse(e.InitialValue, orElse(e.InitialDate, e.InitialTime))
	if e.InitialOption != nil {
		value = e.InitialOption.Text.String()
	}
	value = orElse(value, e.Placeholder.String())
	if strings.HasSuffix(e.Type, "_select") {
		return button(orElse(value, "Select") + " ▾")
	}
	return "[ " + pad(value, inner-4) + " ]"
}

// row sets elements beside each other, and what does not fit on the next line.
func row(parts []string, width int) []string {
	var lines []string
	line := ""
	for _, part := range parts {
		if line != "" && columns(line)+2+columns(part) > width {
			lines = append(lines, wrap(line, width)...)
			line = ""
		}
		if line != "" {
			line += "  "
		}
		line += part
	}
	return append(lines, wrap(line, width)...)
}

func button(label string) string { return "[ " + label + " ]" }

// textOf is the text of a property that is a text object in some places and a string in others.
func textOf(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var t textObject
	if json.Unmarshal(raw, &t) != nil {
		return ""
	}
	return t.String()
}
