package intake

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/followup-dev/followup-operator/internal/i18n"
	"github.com/followup-dev/followup-operator/internal/telemetry"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// answer is a response of ours to Slack.
type answer struct {
	status  int
	outcome string  // a telemetry.Outcome
	plain   string  // a protocol answer, or a reason for whoever is not Slack
	json    any     // in place of plain
	notice  *notice // for the person behind the request, after the answer
	noRetry bool    // it would be the same again
}

// acknowledged is all that most requests get: an empty 200.
func acknowledged(outcome string) answer { return answer{status: http.StatusOK, outcome: outcome} }

// write sends the answer. One that a notice follows is on its way when write returns.
func (a answer) write(w http.ResponseWriter) error {
	body, contentType := []byte(a.plain), "text/plain; charset=utf-8"
	if a.json != nil {
		var err error
		if body, err = json.Marshal(a.json); err != nil {
			return err
		}
		contentType = "application/json; charset=utf-8"
	}
	header := w.Header()
	header.Set("Content-Type", contentType)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("X-Content-Type-Options", "nosniff")
	if a.noRetry {
		header.Set("X-Slack-No-Retry", "1")
	}
	w.WriteHeader(a.status)
	if _, err := w.Write(body); err != nil || a.notice == nil {
		return err
	}
	return http.NewResponseController(w).Flush()
}

// news is what a person should know about their request. docs/user/answers.md explains each text.
type news struct {
	outcome string // a telemetry.Outcome
	text    string
}

// printer speaks the tenant's language, and English to a workspace that has no tenant.
func (r *request) printer() *i18n.Printer { return i18n.For(r.tenant.Locale) }

func (r *request) wrongApp() news {
	return news{telemetry.OutcomeWrongApp, r.printer().Say("ack.wrong_app")}
}

func (r *request) foreign(reason error) news {
	r.log = r.log.With("reason", reason)
	return news{telemetry.OutcomeForeign, r.printer().Say("ack.foreign")}
}

func (r *request) disconnected() news {
	return news{telemetry.OutcomeDisconnected, r.printer().Say("ack.disconnected")}
}

func (r *request) unknownCommand() news {
	return news{telemetry.OutcomeUnknownCommand, r.printer().Say("ack.unknown_command")}
}

func (r *request) held() news {
	return news{telemetry.OutcomeHeld, r.printer().Say("ack.held")}
}

func (r *request) ended() news {
	return news{telemetry.OutcomeHeld, r.printer().Say("ack.trial_ended")}
}

func (r *request) limited(wait time.Duration) news {
	seconds := max(1, int(math.Ceil(wait.Seconds())))
	return news{telemetry.OutcomeLimited, r.printer().Count("ack.limited", seconds)}
}

func (r *request) unavailable() news {
	return news{telemetry.OutcomeUnavailable, r.printer().Say("ack.unavailable")}
}

// notServed is the news of an error of the directory or the database.
func (r *request) notServed(err error) news {
	if errors.Is(err, tenancy.ErrNotFound) {
		return news{telemetry.OutcomeUnknownWorkspace, r.printer().Say("ack.unknown_workspace")}
	}
	r.log.Error("database not available", "error", err)
	return r.unavailable()
}
