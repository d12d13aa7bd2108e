package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/followup-dev/followup-operator/hack/cluster"
	"github.com/followup-dev/followup-operator/hack/image"
	"github.com/followup-dev/followup-operator/hack/progress"
	"github.com/followup-dev/followup-operator/test/doubles/control"
)

const (
	systemNamespace = "followup-system" // the operator's
	appNamespace    = "followup"        // the SlackApp's and its tenants'
	release         = "followup-operator"
	imageTag        = "demo"
	webhookService  = "http://followup-webhook.followup.svc.cluster.local"

	operatorSelector = "app.kubernetes.io/name=followup-operator"
	webhookSelector  = "app.kubernetes.io/component=webhook"
)

// stack is everything that the demo brings up.
type stack struct {
	options  cluster.Options
	out      *progress.Printer
	root     string // of the checkout
	cluster  *cluster.Cluster
	database *cluster.Postgres

	outside    *control.Client // of the doubles
	outsideURL string
}

func newStack(options cluster.Options) (*stack, error) {
	root, err := filepath.Abs("..")
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(root, "charts", release)); err != nil {
		return nil, fmt.Errorf("run it with `make demo`, or in the folder hack of a checkout: %w", err)
	}
	return &stack{options: options, out: progress.New(options.Out), root: root}, nil
}

func (s *stack) up(ctx context.Context) (err error) {
	fmt.Fprintln(s.options.Out, "Bringing up Kubernetes, Postgres, External Secrets, the operator, and doubles of what lies outside")
	if s.cluster, err = cluster.Up(ctx, s.options); err != nil {
		return err
	}
	if s.database, err = s.cluster.StartPostgres(ctx); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{
		s.makeImages, s.prepare, s.startOutside, s.installExternalSecrets, s.installOperator, s.declare,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// down ends what is up and passes on why.
func (s *stack) down(ctx context.Context, why error) error {
	if s.cluster == nil {
		return why
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), downPatience) // after Ctrl-C too
	defer cancel()
	if why != nil {
		why = fmt.Errorf("%w\n\nWhat the parts said: %s", why, filepath.Dir(s.cluster.LogFile("kubelet")))
		s.keepPodLogs(ctx)
	}
	return errors.Join(why, s.cluster.Down(ctx))
}

// makeImages compiles the operator, the webhook and the doubles, and loads them as images.
func (s *stack) makeImages(ctx context.Context) error {
	s.out.Note("images", "compiling (minutes the first time)")
	done := s.out.Start("images")
	dir := filepath.Join(s.root, "bin", "demo")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", dir+"/", "./cmd/...", "./test/doubles/cmd/doubles")
	cmd.Dir = s.root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("compile the operator, the webhook and the doubles: %w\n%s", err, progress.Tail(output, 20))
	}
	done("compiled operator, webhook, doubles")
	for _, program := range []string{"operator", "webhook", "doubles"} {
		err := s.cluster.Load(ctx, image.Image{
			Ref:        imageOf(program),
			Files:      map[string]string{"/" + program: filepath.Join(dir, program)},
			Entrypoint: []string{"/" + program},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// imageOf names an image as the chart's values do.
func imageOf(program string) string {
	return "ghcr.io/followup-dev/followup-" + program + ":" + imageTag
}

// prepare makes the namespaces, all of which admit restricted pods only, and the Secrets that a platform team brings.
func (s *stack) prepare(ctx context.Context) error { return s.apply(ctx, environmentManifest) }

// installOperator installs the chart as a user would, with the demo's images and the doubles as vendors.
func (s *stack) installOperator(ctx context.Context) error {
	done := s.out.Start("operator")
	if err := s.create(ctx, "secret", "generic", "followup-database", "-n", systemNamespace, "--from-literal=dsn="+s.database.AdminDSN); err != nil {
		return err
	}
	err := s.helm(ctx, "upgrade", "--install", release, filepath.Join(s.root, "charts", release),
		"--namespace", systemNamespace, "--wait", "--timeout", "3m",
		"--set", "database.existingSecret.name=followup-database",
		"--set", "image.tag="+imageTag, "--set", "webhook.image.tag="+imageTag,
		"--set", "vendors.slackApiUrl="+slackURL+"/api/", "--set", "vendors.slackHooksUrl="+slackURL,
		"--set", "vendors.fathomApiUrl="+fathomURL+"/external/v1",
		"--set", "vendors.anthropicApiUrl="+anthropicURL+"/", "--set", "vendors.cronoApiUrl="+cronoURL+"/api/v1",
		"--set", "vendors.gmailApiUrl="+googleURL+"/", "--set", "vendors.calendarApiUrl="+googleURL+"/calendar/v3/",
		"--set", "vendors.googleTokenUrl="+googleURL+"/token")
	if err != nil {
		return err
	}
	done("installed by its Helm chart")
	return nil
}

func (s *stack) helm(ctx context.Context, args ...string) error {
	build := exec.CommandContext(ctx, filepath.Join(s.root, "hack/tools/build.sh"), "helm")
	build.Stderr = s.options.Out // says so when it compiles
	built, err := build.Output()
	if err != nil {
		return fmt.Errorf("compile helm: %w", err)
	}
	home := filepath.Join(filepath.Dir(s.cluster.Kubeconfig()), "home")
	cmd := exec.CommandContext(ctx, strings.TrimSpace(string(built)), append(args, "--kubeconfig", s.cluster.Kubeconfig())...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home} // nothing of the user's own helm or kubectl
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("helm %s: %w\n%s", args[0], err, progress.Tail(output, 15))
	}
	return nil
}

func (s *stack) kubectl(ctx context.Context, args ...string) (string, error) {
	return s.cluster.Kubectl(ctx, nil, args...)
}

func (s *stack) apply(ctx context.Context, manifest []byte) error {
	_, err := s.cluster.Kubectl(ctx, bytes.NewReader(manifest), "apply", "-f", "-")
	return err
}

func (s *stack) create(ctx context.Context, args ...string) error {
	_, err := s.kubectl(ctx, append([]string{"create"}, args...)...)
	return err
}

// keepPodLogs saves what the product's pods said beside the node's own logs, before the node takes it along.
func (s *stack) keepPodLogs(ctx context.Context) {
	for name, args := range map[string][]string{
		"operator.pods": {"logs", "-n", systemNamespace, "--all-containers", "--prefix", "-l", "app.kubernetes.io/name=" + release, "--tail=-1"},
		"webhook.pods":  {"logs", "-n", appNamespace, "--prefix", "-l", webhookSelector, "--tail=-1"},
		"doubles.pods":  {"logs", "-n", "outside", "--prefix", "-l", "app=doubles", "--tail=-1"},
		"followup.yaml": {"get", "followup,pods,externalsecrets", "-n", appNamespace, "-o", "yaml"},
		"events.yaml":   {"get", "events", "-A", "-o", "yaml"},
	} {
		text, _ := s.kubectl(ctx, args...) // what can't be had is not worth hiding the first error for
		_ = os.WriteFile(s.cluster.LogFile(name), []byte(text), 0o644)
	}
}
