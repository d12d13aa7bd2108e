package fathom

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// query is what a list of meetings was asked for.
type query struct {
	createdAfter, createdBefore time.Time
	page                        int // from 1
	recordedBy, teams, domains  []string
	domainsType, meetingType    string
	include                     contents
}

// parseQuery takes the parameters that Fathom documents and refuses all others.
func parseQuery(raw string) (query, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return query{}, fmt.Errorf("query: %w", err)
	}
	q := query{page: 1}
	for name, given := range values {
		list, isList := q.list(name)
		if isList {
			*list = given
			continue
		}
		if len(given) != 1 {
			return query{}, fmt.Errorf("%s: want one value", name)
		}
		if err := q.set(name, given[0]); err != nil {
			return query{}, err
		}
	}
	return q, nil
}

func (q *query) list(name string) (*[]string, bool) {
	switch name {
	case "recorded_by[]":
		return &q.recordedBy, true
	case "teams[]":
		return &q.teams, true
	case "calendar_invitees_domains[]":
		return &q.domains, true
	}
	return nil, false
}

func (q *query) set(name, value string) (err error) {
	switch name {
	case "created_after":
		q.createdAfter, err = time.Parse(time.RFC3339, value)
	case "created_before":
		q.createdBefore, err = time.Parse(time.RFC3339, value)
	case "cursor":
		q.page, err = parseCursor(value)
	case "meeting_type":
		q.meetingType = value
	case "calendar_invitees_domains_type":
		q.domainsType = value
		if !slices.Contains([]string{"all", "only_internal", "one_or_more_external"}, value) {
			return fmt.Errorf("%s: unknown value", name)
		}
	case "include_summary":
		q.include.summary, err = strconv.ParseBool(value)
	case "include_transcript":
		q.include.transcript, err = strconv.ParseBool(value)
	case "include_action_items":
		q.include.actionItems, err = strconv.ParseBool(value)
	case "include_crm_matches", "include_highlights":
		_, err = strconv.ParseBool(value)
	default:
		return fmt.Errorf("%s: unknown parameter", name)
	}
	if err != nil {
		return fmt.Errorf("%s: malformed", name)
	}
	return nil
}

func (q *query) matches(m Meeting) bool {
	created := m.createdAt()
	switch {
	case !q.createdAfter.IsZero() && !created.After(q.createdAfter),
		!q.createdBefore.IsZero() && !created.Before(q.createdBefore),
		q.meetingType != "", // the double's meetings have no type, and an unknown name lists nothing
		q.recordedBy != nil && !containsFold(q.recordedBy, m.RecordedBy.Email),
		q.teams != nil && !containsFold(q.teams, m.RecordedBy.Team),
		q.domainsType == "only_internal" && m.external(),
		q.domainsType == "one_or_more_external" && !m.external():
		return false
	}
	return q.domains == nil || slices.ContainsFunc(m.Invitees, func(i Invitee) bool { return containsFold(q.domains, domain(i.Email)) })
}

func containsFold(list []string, s string) bool {
	return slices.ContainsFunc(list, func(item string) bool { return strings.EqualFold(item, s) })
}
