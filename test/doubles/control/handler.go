package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/followup-dev/followup-operator/test/doubles/anthropic"
	"github.com/followup-dev/followup-operator/test/doubles/awssm"
	"github.com/followup-dev/followup-operator/test/doubles/calls"
	"github.com/followup-dev/followup-operator/test/doubles/crono"
	"github.com/followup-dev/followup-operator/test/doubles/fathom"
	"github.com/followup-dev/followup-operator/test/doubles/fault"
	"github.com/followup-dev/followup-operator/test/doubles/google"
	"github.com/followup-dev/followup-operator/test/doubles/slack"
)

const maxBody = 1 << 20

// Doubles are what a Handler works.
type Doubles struct {
	Slack  *slack.Server
	Fathom *fathom.Server
	AWS    *awssm.Server

	Anthropic *anthropic.Server
	Crono     *crono.Server
	Google    *google.Server
}

// double is what all have in common.
type double interface {
	Fail(operation string, f fault.Fault) error
	ClearFaults()
	Calls() calls.Counts
	ResetCalls()
}

// NewHandler serves the control API, which is for whoever runs the doubles and has no authentication.
func NewHandler(d Doubles) http.Handler {
	h := handler{slack: d.Slack, crono: d.Crono, google: d.Google, doubles: map[Vendor]double{
		Slack: d.Slack, Fathom: d.Fathom, AWS: d.AWS, Anthropic: d.Anthropic, Crono: d.Crono, Google: d.Google,
	}}
	mux := http.NewServeMux()
	mux.Handle("GET /healthz", answering(func(*http.Request) (any, error) { return "ok", nil }))
	mux.Handle("POST /control/commands", answering(h.command))
	mux.Handle("POST /control/interactions", answering(h.interaction))
	mux.Handle("POST /control/events", answering(h.event))
	mux.Handle("POST /control/event-retries", answering(h.retryEvents))
	mux.Handle("POST /control/installations", answering(h.installation))
	mux.Handle("POST /control/probes", answering(h.probe))
	mux.Handle("GET /control/screens", answering(h.screens))
	mux.Handle("GET /control/artefacts", answering(h.artefacts))
	mux.Handle("POST /control/faults", answering(h.fail))
	mux.Handle("DELETE /control/faults", answering(h.clearFaults))
	mux.Handle("GET /control/calls", answering(h.calls))
	mux.Handle("POST /control/reset-calls", answering(h.resetCalls))
	return mux
}

type handler struct {
	slack   *slack.Server
	crono   *crono.Server
	google  *google.Server
	doubles map[Vendor]double
}

func (h handler) command(r *http.Request) (any, error) {
	c, err := read[Command](r)
	if err != nil {
		return nil, err
	}
	request, err := h.slack.SendCommand(r.Context(), c.WebhookURL,
		slack.Command{TeamID: c.Team, UserID: c.User, Command: c.Command, Text: c.Text})
	if err != nil {
		return nil, err
	}
	return sent(request.ID, *request.Ack), nil
}

func (h handler) probe(r *http.Request) (any, error) {
	p, err := read[Probe](r)
	if err != nil {
		return nil, err
	}
	ack, err := h.slack.SendProbe(r.Context(), p.WebhookURL, p.Kind)
	if err != nil {
		return nil, err
	}
	return sent("", ack), nil
}

func sent(requestID string, ack slack.Ack) Sent {
	return Sent{RequestID: requestID, Status: ack.Status, Body: ack.Body, Latency: ack.Latency, Error: ack.Error}
}

func (h handler) screens(r *http.Request) (any, error) {
	query := r.URL.Query()
	screens := h.slack.Screens(query.Get("team"), query.Get("user"))
	switch query.Get("format") {
	case "text":
		text := ""
		for i, s := range screens {
			if i > 0 {
				text += "\n"
			}
			text += s.String()
		}
		return text, nil
	case "", "json":
		return screens, nil
	default:
		return nil, fmt.Errorf("format: %q: want json or text", query.Get("format"))
	}
}

func (h handler) fail(r *http.Request) (any, error) {
	f, err := read[Fault](r)
	if err != nil {
		return nil, err
	}
	d, ok := h.doubles[f.Vendor]
	if !ok {
		return nil, fmt.Errorf("vendor: %q is unknown", f.Vendor)
	}
	return nil, d.Fail(f.Operation, f.Fault)
}

func (h handler) clearFaults(*http.Request) (any, error) {
	for _, d := range h.doubles {
		d.ClearFaults()
	}
	return nil, nil
}

func (h handler) calls(*http.Request) (any, error) {
	answer := Calls{Counts: map[Vendor]calls.Counts{}, Requests: []Request{}}
	for vendor, d := range h.doubles {
		answer.Counts[vendor] = d.Calls()
	}
	for _, r := range h.slack.Requests() {
		answer.Requests = append(answer.Requests, summary(r))
	}
	return answer, nil
}

func (h handler) resetCalls(*http.Request) (any, error) {
	for _, d := range h.doubles {
		d.ResetCalls()
	}
	return nil, nil
}

// read decodes a request's body strictly.
func read[T any](r *http.Request) (T, error) {
	var value T
	d := json.NewDecoder(io.LimitReader(r.Body, maxBody))
	d.DisallowUnknownFields()
	if err := d.Decode(&value); err != nil {
		return value, fmt.Errorf("body: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return value, errors.New("body: want one JSON document")
	}
	return value, nil
}

// answering writes what f returns: text, JSON, nothing, or the caller's mistake.
func answering(f func(*http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		value, err := f(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		switch v := value.(type) {
		case nil:
			w.WriteHeader(http.StatusNoContent)
		case string:
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = io.WriteString(w, v)
		default:
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(v) // fails only when the client has left
		}
	})
}
