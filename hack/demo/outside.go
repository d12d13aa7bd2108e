package main

import (
	"context"
	_ "embed"
	"fmt"
	"path/filepath"

	"github.com/followup-dev/followup-operator/hack/cluster"
	"github.com/followup-dev/followup-operator/test/doubles/control"
)

// Where the doubles are, for pods.
const (
	slackURL  = "http://slack.outside.svc.cluster.local:9401"
	fathomURL = "http://fathom.outside.svc.cluster.local:9402"
	awsURL    = "http://aws.outside.svc.cluster.local:9403"

	anthropicURL = "http://anthropic.outside.svc.cluster.local:9404"
	cronoURL     = "http://crono.outside.svc.cluster.local:9405"
	googleURL    = "http://google.outside.svc.cluster.local:9406"
)

// seedFile says who is in Slack, what Fathom has recorded, whom Crono knows, and what AWS keeps.
const seedFile = "hack/demo/seed.json"

var (
	//go:embed manifests/outside.yaml
	outsideManifest []byte
	//go:embed manifests/environment.yaml
	environmentManifest []byte
)

// startOutside runs the doubles as a pod, knowing what seed.json says.
func (s *stack) startOutside(ctx context.Context) error {
	done := s.out.Start("doubles")
	if err := s.create(ctx, "configmap", "doubles-seed", "-n", "outside", "--from-file=seed.json="+filepath.Join(s.root, seedFile)); err != nil {
		return err
	}
	if err := s.apply(ctx, outsideManifest); err != nil {
		return err
	}
	if err := s.cluster.AwaitDeployment(ctx, "outside", "doubles"); err != nil {
		return err
	}
	address, err := s.forwardService(ctx, "outside", "control", "9400")
	if err != nil {
		return err
	}
	s.outsideURL = "http://" + address
	s.outside = control.NewClient(s.outsideURL)
	done("Slack, Fathom, Anthropic, Google, Crono and AWS Secrets Manager")
	return nil
}

// forwardService makes a Service's port reachable from this machine.
func (s *stack) forwardService(ctx context.Context, namespace, name, port string) (string, error) {
	ip, err := s.kubectl(ctx, "get", "service", "-n", namespace, name, "-o", "jsonpath={.spec.clusterIP}")
	if err != nil {
		return "", err
	}
	return s.cluster.Forward(ctx, ip+":"+port)
}

func (s *stack) installExternalSecrets(ctx context.Context) error {
	return s.cluster.InstallExternalSecrets(ctx, cluster.ExternalSecretsOptions{AWSEndpoint: awsURL})
}

// declare applies config/samples as they are and waits until all is Ready.
func (s *stack) declare(ctx context.Context) error {
	done := s.out.Start("samples")
	if err := s.applySamples(ctx); err != nil {
		return err
	}
	done("SlackApp, two Tenants, two CRMConnections Ready")
	return nil
}

func (s *stack) applySamples(ctx context.Context) error {
	if _, err := s.kubectl(ctx, "apply", "-k", filepath.Join(s.root, "config/samples")); err != nil {
		return err
	}
	for _, kind := range []string{"slackapp", "tenant", "crmconnection"} {
		if _, err := s.kubectl(ctx, "wait", "-n", appNamespace, "--for=condition=Ready", "--timeout=3m", "--all", kind); err != nil {
			status, _ := s.kubectl(ctx, "get", "followup", "-n", appNamespace, "-o", "wide")
			return fmt.Errorf("%w\n%s", err, status)
		}
	}
	return nil
}
