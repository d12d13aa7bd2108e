package followup

import (
	"time"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

const (
	dayLayout  = "2006-01-02"
	hourLayout = "2006-01-02T15:04" // local, without a zone
)

// zoneOf is where the tenant's people are, UTC if that is unknown.
func zoneOf(tenant tenancy.Tenant) *time.Location {
	zone, err := time.LoadLocation(tenant.TimeZone) // of "" it is UTC
	if err != nil {
		return time.UTC
	}
	return zone
}

// localTime reads a time of day in an IANA zone.
func localTime(text, zone string) (time.Time, error) {
	location, err := time.LoadLocation(zone)
	if err != nil {
		return time.Time{}, err
	}
	return time.ParseInLocation(hourLayout, text, location)
}

// nextWorkday is that hour of the first day after now that is not of a weekend.
func nextWorkday(now time.Time, hour int) time.Time {
	at := time.Date(now.Year(), now.Month(), now.Day()+1, hour, 0, 0, 0, now.Location())
	for at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
		at = at.AddDate(0, 0, 1)
	}
	return at
}
