package slackui

import (
	"fmt"
	"strings"
	"time"
)

// clock tells times as the tenant's people know them.
type clock struct {
	zone *time.Location
	name string
}

func newClock(name string) clock {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" {
		return clock{zone: time.UTC, name: "UTC"}
	}
	return clock{zone: zone, name: name}
}

// when is "Mon 23 Nov, 14:30 (Europe/Rome) · 54 min", with what is known of it.
func (c clock) when(start time.Time, took time.Duration) string {
	parts := []string{"Time unknown"}
	if !start.IsZero() {
		parts[0] = fmt.Sprintf("%s (%s)", start.In(c.zone).Format("Mon 2 Jan, 15:04"), c.name)
	}
	if took > 0 {
		parts = append(parts, duration(took))
	}
	return strings.Join(parts, " · ")
}

func duration(took time.Duration) string {
	minutes := max(1, int(took.Round(time.Minute)/time.Minute))
	if minutes < 60 {
		return fmt.Sprintf("%d min", minutes)
	}
	return fmt.Sprintf("%d h %02d min", minutes/60, minutes%60)
}
