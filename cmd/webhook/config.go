package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// config is what the flags say.
type config struct {
	appID    string
	slackApp string

	webhookDSNFile string
	workerDSNFile  string

	credentialsNamespace string
	credentialsDir       string
	signingSecret        tenancy.SecretRef

	listen        string
	metricsListen string
	workers       int // how many jobs run at once

	aiModel      string
	aiKey        tenancy.SecretRef // zero: only tenants with a key of their own have follow-ups written
	googleClient tenancy.SecretRef // zero: connections to Google with a refresh token are of no use
	encryption   tenancy.SecretRef // zero: connections to Google are of no use

	slackAPIURL     string
	slackHooksURL   string
	fathomAPIURL    string
	anthropicAPIURL string
	cronoAPIURL     string
	gmailAPIURL     string
	calendarAPIURL  string
	googleTokenURL  string
}

func parseConfig(args []string, output io.Writer) (config, error) {
	var c config
	flags := flag.NewFlagSet("webhook", flag.ContinueOnError)
	flags.SetOutput(output)
	flags.StringVar(&c.appID, "app-id", "", "ID of the Slack app to serve, A...")
	flags.StringVar(&c.slackApp, "slack-app", "", "name of the SlackApp object; selects its labelled Secrets")
	flags.StringVar(&c.webhookDSNFile, "webhook-dsn-file", "", "file with the DSN of the webhook's login")
	flags.StringVar(&c.workerDSNFile, "worker-dsn-file", "", "file with the DSN of the worker's login")
	flags.StringVar(&c.credentialsNamespace, "credentials-namespace", "", "read labelled Secrets of this namespace")
	flags.StringVar(&c.credentialsDir, "credentials-dir", "", "read files <dir>/<secret>/<key> instead of Secrets")
	secretRef := func(to *tenancy.SecretRef, name, usage string) {
		flags.Func(name, usage+", as <secret>/<key>", func(s string) (err error) {
			*to, err = tenancy.ParseSecretRef(s)
			return err
		})
	}
	secretRef(&c.signingSecret, "signing-secret-ref", "the app's signing secret")
	secretRef(&c.aiKey, "ai-key-ref", "the app's key of Anthropic, for tenants without their own")
	secretRef(&c.googleClient, "google-client-ref", "the app's OAuth client at Google")
	secretRef(&c.encryption, "encryption-ref", "the key that minted tokens are encrypted with")
	flags.StringVar(&c.aiModel, "ai-model", "claude-sonnet-5-5", "model of Anthropic that writes follow-ups")
	flags.StringVar(&c.listen, "listen", ":8080", "address of /slack/..., /fathom/..., /healthz and /readyz")
	flags.StringVar(&c.metricsListen, "metrics-listen", ":9090", "address of /metrics")
	flags.IntVar(&c.workers, "workers", 64, "how many jobs run at once; 0: none, other processes run them")
	vendorURLs(flags, &c)
	if err := flags.Parse(args); err != nil {
		return config{}, err
	}
	if flags.NArg() > 0 {
		return config{}, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return c, c.check()
}

// vendorURLs has each vendor's own address as the default.
func vendorURLs(flags *flag.FlagSet, c *config) {
	flags.StringVar(&c.slackAPIURL, "slack-api-url", "https://slack.com/api/", "base of Slack's Web API")
	flags.StringVar(&c.slackHooksURL, "slack-hooks-url", "https://hooks.slack.com", "only host of a response_url")
	flags.StringVar(&c.fathomAPIURL, "fathom-api-url", "https://api.fathom.ai/external/v1", "base of Fathom's API")
	flags.StringVar(&c.anthropicAPIURL, "anthropic-api-url", "https://api.anthropic.com/", "base of Anthropic's API")
	flags.StringVar(&c.cronoAPIURL, "crono-api-url", "https://ext.crono.one/api/v1", "base of Crono's API, unless a credential names its own")
	flags.StringVar(&c.gmailAPIURL, "gmail-api-url", "https://gmail.googleapis.com/", "base of the Gmail API")
	flags.StringVar(&c.calendarAPIURL, "calendar-api-url", "https://www.googleapis.com/calendar/v3/", "base of the Calendar API")
	flags.StringVar(&c.googleTokenURL, "google-token-url", "https://oauth2.googleapis.com/token", "where Google mints access tokens")
}

func (c config) check() error {
	var problems []error
	for _, required := range []struct{ name, value string }{
		{"app-id", c.appID},
		{"webhook-dsn-file", c.webhookDSNFile},
		{"worker-dsn-file", c.workerDSNFile},
		{"signing-secret-ref", c.signingSecret.String()},
	} {
		if required.value == "" {
			problems = append(problems, fmt.Errorf("--%s is required", required.name))
		}
	}
	if (c.credentialsNamespace == "") == (c.credentialsDir == "") {
		problems = append(problems, errors.New("give either --credentials-namespace or --credentials-dir"))
	}
	if c.credentialsNamespace != "" && c.slackApp == "" {
		problems = append(problems, errors.New("--credentials-namespace needs --slack-app"))
	}
	if c.workers < 0 {
		problems = append(problems, fmt.Errorf("--workers is %d: give 0 or more", c.workers))
	}
	return errors.Join(problems...)
}

func readDSN(path string) (string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read a DSN: %w", err)
	}
	return strings.TrimSpace(string(content)), nil
}
