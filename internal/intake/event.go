package intake

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/followup-dev/followup-operator/internal/directory"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/telemetry"
)

// event is what we use of what Slack tells by itself. Nobody reads its answer but Slack, which sends an event again
// unless it gets a 200.
//
// Source: https://docs.slack.dev/apis/events-api
type event struct {
	Type           string          `json:"type"`
	AppID          string          `json:"api_app_id"`
	TeamID         string          `json:"team_id"`
	EnterpriseID   string          `json:"enterprise_id"`
	Authorizations []authorization `json:"authorizations"`
	ID             string          `json:"event_id"`
	Time           int64           `json:"event_time"` // in whole seconds
	Event          struct {
		Type   string `json:"type"`
		Tokens struct {
			Bot []string `json:"bot"` // user IDs
		} `json:"tokens"`
	} `json:"event"`
}

// authorization is the installation that an event is for.
type authorization struct {
	TeamID       string `json:"team_id"`
	EnterpriseID string `json:"enterprise_id"`
	OrgInstall   flag   `json:"is_enterprise_install"`
}

// endOfTime keeps event_time within what Postgres can store.
const endOfTime = 1 << 36 // in the year 4147

func readEvent(body []byte) (payload, error) {
	var e event
	err := decode(body, &e, "(JSON)")
	switch {
	case e.Type == "":
		return nil, cmp.Or(err, error(&fieldError{field: "type"}))
	case e.settled() != "":
		return e, nil
	case err != nil:
		return nil, err
	}
	w := e.workspace()
	err = check(
		field{name: "api_app_id", value: e.AppID, want: slackID},
		field{name: "team_id", value: w.TeamID, want: slackID, optional: w.OrgInstall},
		field{name: "enterprise_id", value: w.EnterpriseID, want: slackID, optional: !w.OrgInstall},
		field{name: "event_id", value: e.ID, want: eventID},
	)
	if err == nil && (e.Time <= 0 || e.Time > endOfTime) {
		err = &fieldError{field: "event_time"}
	}
	return e, err
}

// settled is the outcome of an event that changes nothing, "" of one that may.
func (e event) settled() string {
	switch {
	case e.Type == telemetry.KindAppRateLimited: // Slack keeps events back; there is nothing to be done
		return telemetry.OutcomeAnswered
	case e.Type != "event_callback":
		return telemetry.OutcomeUnknownType
	case e.Event.Type == store.TokensRevoked && len(e.Event.Tokens.Bot) == 0: // a person's
		return telemetry.OutcomeAnswered
	case e.Event.Type != store.AppUninstalled && e.Event.Type != store.TokensRevoked:
		return telemetry.OutcomeUnknownType
	default:
		return ""
	}
}

// workspace is where the app is, or was, installed. In shared channels the outer IDs may be another company's, so those
// of the authorization come first. A workspace's event is never its organisation's: removing the app from one
// workspace must not disconnect all.
//
// Source: https://github.com/slackapi/bolt-js/issues/935
func (e event) workspace() directory.Workspace {
	installed := authorization{TeamID: e.TeamID, EnterpriseID: e.EnterpriseID}
	if len(e.Authorizations) > 0 {
		installed = e.Authorizations[0]
	}
	switch {
	case isOrganisation(installed.TeamID):
		return directory.Workspace{EnterpriseID: installed.TeamID, OrgInstall: true}
	case bool(installed.OrgInstall) || installed.TeamID == "":
		return directory.Workspace{TeamID: installed.TeamID, EnterpriseID: installed.EnterpriseID, OrgInstall: true}
	default:
		return directory.Workspace{TeamID: installed.TeamID}
	}
}

func (e event) envelope() envelope {
	kind := telemetry.KindEvent
	if e.Type == telemetry.KindAppRateLimited {
		kind = telemetry.KindAppRateLimited
	}
	return envelope{kind: kind, appID: e.AppID, workspace: e.workspace(), settled: e.settled()}
}

func (e event) serve(ctx context.Context, h *Handler, r *request) answer {
	r.log = r.log.With("event", e.Event.Type, "event_id", e.ID)
	verdict, err := h.DB.Tenant(r.tenant.ID).Disconnect(ctx, store.SlackEvent{
		Key: e.ID, Reason: e.Event.Type, At: time.Unix(e.Time, 0),
	})
	if err != nil {
		return e.tell(r, r.notServed(err))
	}
	switch verdict {
	case store.EventDuplicate:
		return acknowledged(telemetry.OutcomeDuplicate)
	case store.EventOutdated:
		return acknowledged(telemetry.OutcomeOutdated)
	default:
		return acknowledged(telemetry.OutcomeDisconnected)
	}
}

// tell has nobody to tell, but has Slack come back when that will help.
func (event) tell(_ *request, n news) answer {
	a := acknowledged(n.outcome)
	if n.outcome == telemetry.OutcomeUnavailable {
		a.status = http.StatusServiceUnavailable
	}
	return a
}
