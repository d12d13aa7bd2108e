package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

// config is what the manager's flags say.
type config struct {
	loginsDir          string
	operatorNamespace  string
	webhookImage       string
	webhookClusterRole string

	leaderElect            bool
	metricsBindAddress     string
	healthProbeBindAddress string
	pprofBindAddress       string
	planBindAddress        string

	vendorFlags []string // handed to the webhooks
}

// vendorFlags say where vendors are.
var vendorFlags = []string{
	"slack-api-url", "slack-hooks-url", "fathom-api-url", "anthropic-api-url", "crono-api-url",
	"gmail-api-url", "calendar-api-url", "google-token-url",
}

func parseConfig(args []string, output io.Writer) (config, error) {
	var c config
	flags := flag.NewFlagSet("operator", flag.ContinueOnError)
	flags.SetOutput(output)
	flags.StringVar(&c.loginsDir, "logins-dir", "", "directory with the DSNs that `operator migrate` wrote")
	flags.StringVar(&c.operatorNamespace, "operator-namespace", os.Getenv("POD_NAMESPACE"),
		"namespace of the operator, which may hold no SlackApp (default: $POD_NAMESPACE)")
	flags.StringVar(&c.webhookImage, "webhook-image", "", "image of the webhook")
	flags.StringVar(&c.webhookClusterRole, "webhook-cluster-role", "", "ClusterRole that lets a webhook read the Secrets of its namespace")
	flags.BoolVar(&c.leaderElect, "leader-elect", false, "work only while holding the lease, so that several replicas can run")
	flags.StringVar(&c.metricsBindAddress, "metrics-bind-address", ":8080", "address of /metrics")
	flags.StringVar(&c.healthProbeBindAddress, "health-probe-bind-address", ":8081", "address of /healthz and /readyz")
	flags.StringVar(&c.pprofBindAddress, "pprof-bind-address", "", "address of /debug/pprof, such as 127.0.0.1:8083 (default: none)")
	flags.StringVar(&c.planBindAddress, "plan-bind-address", "127.0.0.1:8082",
		"address of /plan, which kubectl followup plan asks; whoever reaches it may ask, so keep it to the pod (0: none)")
	for _, name := range vendorFlags {
		flags.Func(name, "handed to the webhooks as their flag of this name", func(value string) error {
			c.vendorFlags = append(c.vendorFlags, "--"+name+"="+value)
			return nil
		})
	}
	if err := flags.Parse(args); err != nil {
		return config{}, err
	}
	if flags.NArg() > 0 {
		return config{}, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return c, c.check()
}

func (c config) check() error {
	var problems []error
	for _, required := range []struct{ name, value string }{
		{"logins-dir", c.loginsDir},
		{"operator-namespace", c.operatorNamespace},
		{"webhook-image", c.webhookImage},
		{"webhook-cluster-role", c.webhookClusterRole},
	} {
		if required.value == "" {
			problems = append(problems, fmt.Errorf("--%s is required", required.name))
		}
	}
	return errors.Join(problems...)
}
