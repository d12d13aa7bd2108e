package followup

import (
	"context"
	"errors"
	"slices"
	"time"
)

const (
	// pageSize is how many meetings are shown at a time.
	pageSize = 10
	// maxPages bounds the calls to Fathom for one page of ours. A key has 60 a minute (60 calls in 60 s for each user:
	// https://developers.fathom.ai/api-overview#rate-limiting), so twenty pages a minute can be shown in a workspace, less
	// what the search takes: up to five calls for each replica of the webhook.
	maxPages = 3
	// mostPages is for the odd case that all of maxPages were created in the same second.
	mostPages = 10
)

// reading looks through recordings from a position on, for one page of the list.
//
// It continues at a Position, not at Fathom's cursor: that counts pages, so each recording that arrives while a user
// looks at a page would move the next one. Positions are in an order of our own, and Fathom's order of recordings that
// were made in the same second is not known. So while there are pages unread, those of the oldest second read are not
// settled: a page unread may have one that comes before them. They are left for the next page of the list.
type reading struct {
	source MeetingSource
	before Position // zero: from the newest on

	looked   []Meeting // older than before, each once
	oldest   time.Time // second of all that was read
	complete bool      // nothing is unread
	cut      *Problem  // why no more pages were read
}

// read stops when a page of the list is full.
func (r *reading) read(ctx context.Context, sees func(Meeting) bool) error {
	var span Span
	if !r.before.IsZero() {
		span.Before = r.before.CreatedAt.Add(time.Second) // the whole second: others of it may be older by their number
	}
	seen := map[string]bool{}
	for n, cursor := 0, ""; n < maxPages || (n < mostPages && len(r.settled()) == 0); n++ {
		page, next, err := r.source.Page(ctx, span, cursor)
		if problem, ok := errors.AsType[*Problem](err); ok && len(r.looked) > 0 && problem.passes() {
			r.cut = problem
			return nil
		}
		if err != nil {
			return err
		}
		r.take(page, seen)
		if next == "" {
			r.complete = true
			return nil
		}
		if count(r.settled(), sees) >= pageSize {
			return nil
		}
		cursor = next
	}
	return nil
}

// take leaves out what has no place in the list, and what came before: a recording that is made while we read moves the
// others on by one.
func (r *reading) take(page []Meeting, seen map[string]bool) {
	for _, m := range page {
		at := m.Position()
		if !at.valid() || seen[m.RecordingID] {
			continue
		}
		seen[m.RecordingID] = true
		if r.oldest.IsZero() || at.CreatedAt.Before(r.oldest) {
			r.oldest = at.CreatedAt
		}
		if r.before.IsZero() || r.before.compare(at) < 0 {
			r.looked = append(r.looked, m)
		}
	}
	slices.SortFunc(r.looked, newestFirst)
}

// settled are the recordings, newest first, that none unread can come before.
func (r *reading) settled() []Meeting {
	if r.complete {
		return r.looked
	}
	end := slices.IndexFunc(r.looked, func(m Meeting) bool { return !m.Position().CreatedAt.After(r.oldest) })
	if end < 0 {
		return r.looked
	}
	return r.looked[:end]
}

// fill makes the page: up to pageSize meetings, and where the next one begins.
func (r *reading) fill(list *List, sees func(Meeting) bool) {
	all, more := r.settled(), !r.complete
	if len(all) == 0 {
		all = r.looked // of one second, and no more to be had now: our order of them is as good as any
	}
	for i, m := range all {
		if !sees(m) {
			continue
		}
		if len(list.Meetings) == pageSize {
			all, more = all[:i], true
			break
		}
		list.Meetings = append(list.Meetings, m)
	}
	list.Recordings, list.Cut = len(all), r.cut
	if len(all) == 0 {
		return
	}
	last := all[len(all)-1].Position()
	list.Oldest = last.CreatedAt
	if more {
		list.Older = last
	}
}

func newestFirst(a, b Meeting) int { return a.Position().compare(b.Position()) }

func count(meetings []Meeting, sees func(Meeting) bool) (n int) {
	for _, m := range meetings {
		if sees(m) {
			n++
		}
	}
	return n
}
