package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/followup-dev/followup-operator/test/bench/ack/recording"
	"github.com/followup-dev/followup-operator/test/bench/ack/traffic"
)

type handler struct {
	pool    *pgxpool.Pool
	tenants map[string]string // IDs by workspace
	work    recording.Work
}

// ServeHTTP checks the signature, finds the tenant, commits the work and answers.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if !signed(r.Header, body) {
		http.Error(w, "not signed", http.StatusUnauthorized)
		return
	}
	request, statements, err := h.parse(r.URL.Path, string(body))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	batch := &pgx.Batch{}
	for _, s := range statements {
		batch.Queue(s.SQL, s.Args(request)...)
	}
	if err := h.pool.SendBatch(r.Context(), batch).Close(); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func signed(header http.Header, body []byte) bool {
	stamp := header.Get("X-Slack-Request-Timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > 300*time.Second {
		return false
	}
	mac := hmac.New(sha256.New, []byte(traffic.SigningSecret))
	mac.Write([]byte("v0:" + stamp + ":"))
	mac.Write(body)
	got, err := hex.DecodeString(strings.TrimPrefix(header.Get("X-Slack-Signature"), "v0="))
	return err == nil && hmac.Equal(got, mac.Sum(nil))
}

// parse reads the little that the work needs.
func (h *handler) parse(path, body string) (recording.Request, []recording.Statement, error) {
	form, err := url.ParseQuery(body)
	if err != nil {
		return recording.Request{}, nil, err
	}
	request := recording.Request{TeamID: form.Get("team_id"), UserID: form.Get("user_id"), TriggerID: form.Get("trigger_id")}
	statements := h.work.Command
	if path == traffic.ClickPath {
		var click struct {
			TriggerID string `json:"trigger_id"`
			Team      struct {
				ID string `json:"id"`
			} `json:"team"`
			User struct {
				ID string `json:"id"`
			} `json:"user"`
		}
		if err := json.Unmarshal([]byte(form.Get("payload")), &click); err != nil {
			return recording.Request{}, nil, err
		}
		request = recording.Request{TeamID: click.Team.ID, UserID: click.User.ID, TriggerID: click.TriggerID}
		statements = h.work.Click
	}
	tenant, found := h.tenants[request.TeamID]
	if !found {
		return recording.Request{}, nil, errors.New("unknown workspace")
	}
	request.TenantID = tenant
	return request, statements, nil
}
