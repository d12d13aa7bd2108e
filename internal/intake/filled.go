package intake

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/followup-dev/followup-operator/internal/i18n"
	"github.com/followup-dev/followup-operator/internal/slackui"
)

// filled reads what was typed. What can't be taken is noted: in wrong, by input, for the person to correct; in malformed, if
// Slack would not have let it through, and nobody can correct it.
type filled struct {
	submission
	zone      *time.Location
	now       time.Time
	print     *i18n.Printer
	wrong     map[string]string
	malformed error
}

func readFilled(s submission, r *request, now time.Time) *filled {
	zone, err := time.LoadLocation(r.tenant.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	return &filled{submission: s, zone: zone, now: now, print: r.printer(), wrong: map[string]string{}}
}

// Limits of a text, in code points. Slack's inputs take no more than the first.
const (
	maxText    = 3000
	maxLine    = 300
	maxMinutes = 24 * 60
)

// fault notes what is wrong with an input, unless something is already.
func (f *filled) fault(name, text string) {
	if f.wrong[name] == "" {
		f.wrong[name] = text
	}
}

// text is a text of several lines, perhaps none.
func (f *filled) text(name string) string { return f.bounded(name, maxText) }

func (f *filled) required(name string) string { return f.present(name, f.text(name)) }

// line is a text of one line, typed or chosen.
func (f *filled) line(name string) string {
	return oneLine(f.bounded(name, maxLine))
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

func (f *filled) requiredLine(name string) string { return f.present(name, f.line(name)) }

func (f *filled) present(name, text string) string {
	if text == "" {
		f.fault(name, f.print.Say("ack.form.missing"))
	}
	return text
}

func (f *filled) bounded(name string, most int) string {
	v := f.typed[name]
	// No column keeps a NUL.
	text := strings.TrimSpace(strings.ReplaceAll(cmp.Or(v.Value, v.SelectedOption.Value), "\x00", ""))
	if utf8.RuneCountInString(text) > most {
		f.fault(name, f.print.Say("ack.form.too_long", "Most", most))
	}
	return text
}

func (f *filled) chosen(name string) string { return f.typed[name].SelectedOption.Value }

func (f *filled) options(name string) (values []string) {
	for _, chosen := range f.typed[name].SelectedOptions {
		values = append(values, chosen.Value)
	}
	return values
}

// identifier is another system's ID of something, perhaps none.
func (f *filled) identifier(id string) string {
	if id != "" && !printable.fits(id) {
		f.malformed = &fieldError{field: "view.state"}
	}
	return id
}

// changed is nil if a value is as it was drawn.
func (f *filled) changed(name, value string) *string {
	was := f.drawn.initial[name]
	if value == strings.TrimSpace(was) || value == oneLine(was) {
		return nil
	}
	return &value
}

// replaced is changed for what can't be nothing.
func (f *filled) replaced(name, value string) *string {
	if value == "" {
		return nil
	}
	return f.changed(name, value)
}

// maxYears is how far ahead a date may be.
const maxYears = 5

// start is the date and time that were chosen, 2026-11-30T15:00. It may be earlier today: somebody notes what has to be done.
func (f *filled) start() string {
	day, dayErr := time.ParseInLocation(time.DateOnly, f.typed[slackui.InputDate].Date, f.zone)
	clock, clockErr := time.Parse("15:04", f.typed[slackui.InputTime].Time)
	today := f.now.In(f.zone).Format(time.DateOnly)
	last := f.now.In(f.zone).AddDate(maxYears, 0, 0).Format(time.DateOnly)
	if chosen := day.Format(time.DateOnly); dayErr != nil || chosen < today || chosen > last {
		f.fault(slackui.InputDate, f.print.Say("ack.form.date", "Years", maxYears))
	}
	if clockErr != nil {
		f.fault(slackui.InputTime, f.print.Say("ack.form.time"))
	}
	return day.Format(time.DateOnly) + "T" + clock.Format("15:04")
}

func (f *filled) minutes() int {
	minutes, err := strconv.Atoi(f.line(slackui.InputMinutes))
	if err != nil || minutes < 1 || minutes > maxMinutes {
		f.fault(slackui.InputMinutes, f.print.Say("ack.form.minutes", "Most", maxMinutes))
	}
	return minutes
}

// decimal has no marks between thousands: in another language they would be taken for decimals.
var decimal = regexp.MustCompile(`^\d{1,12}([.,]\d{1,2})?$`)

// amount is a decimal number with a point, or "" if the input is empty.
func (f *filled) amount() string {
	typed := f.line(slackui.InputAmount)
	if typed == "" || typed == oneLine(f.drawn.initial[slackui.InputAmount]) { // as the CRM wrote it, in whatever form
		return typed
	}
	if !decimal.MatchString(typed) {
		f.fault(slackui.InputAmount, f.print.Say("ack.form.amount"))
	}
	return strings.Replace(typed, ",", ".", 1)
}
