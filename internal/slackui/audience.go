package slackui

import (
	"fmt"
	"strings"
	"time"

	"github.com/followup-dev/followup-operator/internal/i18n"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// audience is how the people of a tenant are spoken to: in their language, with times as they know them.
type audience struct {
	*i18n.Printer
	tenantID string // "" if there is none
	zone     *time.Location
	zoneName string
}

func audienceOf(tenant tenancy.Tenant) audience {
	a := audience{Printer: i18n.For(tenant.Locale), zone: time.UTC, zoneName: "UTC"}
	if tenant.ID != (tenancy.ID{}) {
		a.tenantID = tenant.ID.String()
	}
	if zone, err := time.LoadLocation(tenant.TimeZone); err == nil && tenant.TimeZone != "" {
		a.zone, a.zoneName = zone, tenant.TimeZone
	}
	return a
}

// when is "Mon 23 Nov, 14:30 · 54 min", with what is known of it.
func (a audience) when(start time.Time, took time.Duration, now time.Time) string {
	parts := []string{a.Say("screen.time.unknown")}
	if !start.IsZero() {
		parts[0] = a.Say("screen.time", "Date", a.date(start, now), "Time", start.In(a.zone).Format("15:04"))
	}
	if took > 0 {
		parts = append(parts, a.duration(took))
	}
	return strings.Join(parts, " · ")
}

// date is "Mon 23 Nov", with its year if that is not this one.
func (a audience) date(t, now time.Time) string {
	t = t.In(a.zone)
	weekday := strings.Fields(a.Say("screen.date.weekdays"))[t.Weekday()]
	if t.Year() == now.In(a.zone).Year() {
		return a.Say("screen.date", "Weekday", weekday, "Day", t.Day(), "Month", a.month(t))
	}
	return a.Say("screen.date.with_year", "Weekday", weekday, "Day", t.Day(), "Month", a.month(t), "Year", t.Year())
}

// day is "23 Nov 2026".
func (a audience) day(t time.Time) string {
	t = t.In(a.zone)
	return a.Say("screen.date.short", "Day", t.Day(), "Month", a.month(t), "Year", t.Year())
}

func (a audience) month(t time.Time) string {
	return strings.Fields(a.Say("screen.date.months"))[t.Month()-1]
}

func (a audience) duration(took time.Duration) string {
	minutes := max(1, int(took.Round(time.Minute)/time.Minute))
	if minutes < 60 {
		return a.Say("screen.duration.minutes", "Minutes", minutes)
	}
	return a.Say("screen.duration.hours", "Hours", minutes/60, "Minutes", fmt.Sprintf("%02d", minutes%60))
}

// wait is "in 17 seconds". It rounds up: who comes back too early is refused again.
func (a audience) wait(d time.Duration) string {
	switch seconds := int((d + time.Second - 1) / time.Second); {
	case seconds <= 0:
		return a.Say("problem.wait.unknown")
	case seconds < 100:
		return a.Count("problem.wait.seconds", seconds)
	default:
		return a.Count("problem.wait.minutes", (seconds+59)/60)
	}
}
