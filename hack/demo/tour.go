package main

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/followup-dev/followup-operator/test/doubles/control"
	"github.com/followup-dev/followup-operator/test/doubles/slack"
)

// The people of seed.json.
var (
	ada   = person{team: "T0123456789", user: "U0ACMEADA1", name: "Ada, of the workspace Acme"}
	hank  = person{team: "T9876543210", user: "U0GLOBHANK", name: "Hank, of the workspace Globex"}
	gavin = person{team: "T5555555555", user: "U0HOOLIGAV", name: "Gavin, of the workspace Hooli, which no Tenant declares"}
)

type person struct{ team, user, name string }

// answerPatience bounds the wait for an answer; answers take well under a second.
const answerPatience = 30 * time.Second

// tour shows both roads as their users see them.
func (s *stack) tour(ctx context.Context) error {
	if err := s.showObjects(ctx); err != nil {
		return err
	}
	for _, who := range []person{hank, gavin, ada} {
		if err := s.showMeetings(ctx, who); err != nil {
			return err
		}
	}
	if err := s.showClicks(ctx); err != nil {
		return err
	}
	if err := s.showFollowup(ctx); err != nil {
		return err
	}
	if err := s.showRows(ctx); err != nil {
		return err
	}
	return s.showMetrics(ctx)
}

func (s *stack) title(text string) { fmt.Fprintf(s.options.Out, "\n== %s\n\n", text) }

func (s *stack) showObjects(ctx context.Context) error {
	s.title("kubectl get followup,externalsecrets,secrets,deployments,services -n " + appNamespace)
	for _, kinds := range []string{"followup", "externalsecrets,secrets,deployments,services"} {
		table, err := s.kubectl(ctx, "get", kinds, "-n", appNamespace)
		if err != nil {
			return err
		}
		fmt.Fprintln(s.options.Out, table)
	}
	return nil
}

// showMeetings types /meetings and prints what that user then has on the screen.
func (s *stack) showMeetings(ctx context.Context, who person) error {
	s.title("/meetings, typed by " + who.name)
	request, err := s.ask(ctx, who, "/meetings")
	if err != nil {
		return err
	}
	fmt.Fprintf(s.options.Out, "%s  acknowledged after %d ms\n", request, request.Ack.Latency.Milliseconds())
	return nil
}

// ask types a command and returns it once it is answered: by its acknowledgement, a filled modal or a message.
func (s *stack) ask(ctx context.Context, who person, command string) (slack.Request, error) {
	id, err := s.send(ctx, who, command)
	if err != nil {
		return slack.Request{}, err
	}
	return s.await(ctx, id, answerPatience, isAnswered)
}

// send types a command and returns the double's name for it once it is acknowledged.
func (s *stack) send(ctx context.Context, who person, command string) (id string, err error) {
	sent, err := s.outside.Send(ctx, control.Command{
		Team: who.team, User: who.user, Command: command, WebhookURL: webhookService + "/slack/commands",
	})
	return sent.RequestID, err
}

// await looks at a request until it is as wanted.
func (s *stack) await(ctx context.Context, id string, patience time.Duration, wanted func(slack.Request) bool) (slack.Request, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		request, err := s.request(ctx, id)
		if err != nil {
			return slack.Request{}, err
		}
		if wanted(request) {
			return request, nil
		}
		select {
		case <-ctx.Done():
			return slack.Request{}, fmt.Errorf("the user still waits after %s:\n%s", patience, request)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (s *stack) request(ctx context.Context, id string) (slack.Request, error) {
	screens, err := s.outside.Screens(ctx, "", "")
	if err != nil {
		return slack.Request{}, err
	}
	for _, screen := range screens {
		for _, request := range screen.Requests {
			if request.ID == id {
				return request, nil
			}
		}
	}
	return slack.Request{}, fmt.Errorf("the double of Slack knows no request %q", id)
}

// isAnswered is false while the user waits: for the acknowledgement, or before a modal that still says "loading".
func isAnswered(r slack.Request) bool {
	if r.Ack == nil {
		return false
	}
	filled := len(r.Modals) > 0 && r.Modals[0].Updates() > 0
	return r.Ack.Message != nil || r.Ack.Error != "" || filled || len(r.Messages) > 0
}

func (s *stack) showRows(ctx context.Context) error {
	if err := s.jobsDone(ctx); err != nil {
		return err
	}
	s.title("What is in Postgres (as its administrator)")
	for _, query := range []string{
		`SELECT slack_team_name, slack_team_id, plan_tier, subscription_status, timezone, slack_bot_token_secret_id FROM followup.tenants ORDER BY 1`,
		`SELECT connection_name, provider_type, status, credentials_secret_id FROM followup.crm_connections`,
		`SELECT t.slack_team_name, a.event_type, a.actor_slack_id, a.created_at::timestamp(0)
			FROM followup.audit_logs a JOIN followup.tenants t ON t.id = a.tenant_id ORDER BY a.created_at`,
		`SELECT kind, state, attempt, queue FROM river.river_job ORDER BY id`,
	} {
		table, err := s.psql(ctx, query)
		if err != nil {
			return err
		}
		fmt.Fprintln(s.options.Out, table)
	}
	return nil
}

// jobsDone waits for what comes after an answer: its job is marked as completed.
func (s *stack) jobsDone(ctx context.Context) error {
	return s.eventually(ctx, answerPatience, func() error {
		open, err := s.psql(ctx, `SELECT id, state, attempt FROM river.river_job WHERE state NOT IN ('completed', 'cancelled')`, "-At")
		if err == nil && open != "" {
			err = fmt.Errorf("jobs that are not done: %s", open)
		}
		return err
	})
}

func (s *stack) psql(ctx context.Context, query string, flags ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "psql", append(flags, "-X", "-v", "ON_ERROR_STOP=1", "-c", query, s.database.HostAdminDSN)...)
	output, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("psql: %w\n%s", err, output)
	}
	return string(output), nil
}

func (s *stack) showMetrics(ctx context.Context) error {
	s.title("Some of the metrics: all webhook pods together, then the operator")
	for _, of := range []struct {
		namespace, selector, port string
		names                     []string
	}{
		{appNamespace, webhookSelector, "9090", []string{
			"followup_slack_requests_total", "followup_slack_ack_seconds_count", "followup_jobs_total", "followup_vendor_requests_total",
			"followup_database_connections",
		}},
		{systemNamespace, operatorSelector, "8080", []string{"followup_objects", "followup_reconciles_total"}},
	} {
		lines, err := s.metrics(ctx, of.namespace, of.selector, of.port)
		if err != nil {
			return err
		}
		for _, line := range lines {
			name, _, _ := strings.Cut(line, "{")
			if slices.Contains(of.names, name) {
				fmt.Fprintln(s.options.Out, " ", line)
			}
		}
	}
	return nil
}

// metrics adds up what the pods of a Deployment export.
func (s *stack) metrics(ctx context.Context, namespace, selector, port string) ([]string, error) {
	pods, err := s.kubectl(ctx, "get", "pods", "-n", namespace, "-l", selector, "-o", "jsonpath={.items[*].metadata.name}")
	if err != nil {
		return nil, err
	}
	sums := map[string]float64{}
	for pod := range strings.FieldsSeq(pods) {
		scraped, err := s.kubectl(ctx, "get", "--raw", fmt.Sprintf("/api/v1/namespaces/%s/pods/%s:%s/proxy/metrics", namespace, pod, port))
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(scraped) {
			series, value, _ := strings.Cut(strings.TrimSpace(line), "} ")
			if number, err := strconv.ParseFloat(value, 64); err == nil {
				sums[series+"}"] += number
			}
		}
	}
	lines := make([]string, 0, len(sums))
	for series, sum := range sums {
		lines = append(lines, fmt.Sprintf("%s %g", series, sum))
	}
	slices.Sort(lines)
	return lines, nil
}

func (s *stack) howToGoOn() {
	s.title("It stays up until Ctrl-C, or `make demo-down` in another terminal. Meanwhile:")
	fmt.Fprintf(s.options.Out, `  go run -C hack ./cmd/cluster -name %s kubectl get followup -n %s
  go run -C hack ./cmd/cluster -name %s kubectl patch tenant acme -n %s --type=merge -p '{"spec":{"stopPolicy":"Hold"}}'
  curl -s %s/control/commands -d '{"team":"%s","user":"%s","command":"/meetings","webhook_url":"%s/slack/commands"}'
  curl -s '%s/control/screens?format=text'
  psql '%s'
`, clusterName, appNamespace, clusterName, appNamespace,
		s.outsideURL, ada.team, ada.user, webhookService, s.outsideURL, s.database.HostAdminDSN)
}
