package cluster

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"

	_ "embed"

	"github.com/followup-dev/followup-operator/hack/binaries"
	"github.com/followup-dev/followup-operator/hack/image"
)

// ExternalSecretsNamespace is where the External Secrets Operator runs.
const ExternalSecretsNamespace = "external-secrets"

// externalSecretsImage must be the one that external-secrets.yaml names.
const externalSecretsImage = "registry.local/external-secrets/external-secrets:v0.20.4"

//go:embed external-secrets.yaml
var externalSecretsManifest string

// ExternalSecretsOptions says how the External Secrets Operator runs.
type ExternalSecretsOptions struct {
	// AWSEndpoint is the URL that its AWS provider calls in place of AWS Secrets Manager, as pods reach it; "" is AWS.
	AWSEndpoint string
}

// InstallExternalSecrets installs the real External Secrets Operator with its CustomResourceDefinitions and returns when
// it is available.
func (c *Cluster) InstallExternalSecrets(ctx context.Context, options ExternalSecretsOptions) error {
	crds, err := c.cache.ExternalSecretsCRDs(ctx)
	if err != nil {
		return err
	}
	dir, err := c.cache.Dir(ctx, binaries.ExternalSecrets)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience) // compiling took the time it took
	defer cancel()
	done := c.out.Start("external-secrets")
	program := filepath.Join(dir, "external-secrets")
	if err := c.Load(ctx, image.Image{
		Ref: externalSecretsImage, Files: map[string]string{"/external-secrets": program}, Entrypoint: []string{"/external-secrets"},
	}); err != nil {
		return err
	}
	// Server-side, because these are larger than the annotation in which a client-side apply remembers them.
	if _, err := c.Kubectl(ctx, nil, "apply", "--server-side", "--kustomize", crds); err != nil {
		return err
	}
	if _, err := c.Kubectl(ctx, nil, "wait", "--for=condition=Established", "--timeout="+patience.String(), "--all", "crd"); err != nil {
		return err
	}
	manifest, err := options.manifest()
	if err != nil {
		return err
	}
	if _, err := c.Kubectl(ctx, strings.NewReader(manifest), "apply", "-f", "-"); err != nil {
		return err
	}
	if err := c.AwaitDeployment(ctx, ExternalSecretsNamespace, "external-secrets"); err != nil {
		return err
	}
	done("Available")
	return nil
}

// manifest fills in the endpoint, as JSON, which cannot break out of the YAML around it.
func (o ExternalSecretsOptions) manifest() (string, error) {
	env := []map[string]string{}
	if o.AWSEndpoint != "" {
		env = append(env, map[string]string{"name": "AWS_SECRETSMANAGER_ENDPOINT", "value": o.AWSEndpoint})
	}
	encoded, err := json.Marshal(env)
	return strings.ReplaceAll(externalSecretsManifest, "ENVIRONMENT", string(encoded)), err
}
