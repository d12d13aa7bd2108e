package binaries

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// The module that External Secrets' CRDs are taken from: the newest that the Go proxy serves with them inside. Its
// ExternalSecret and PushSecret are those of v2.0.1, the types that the operator is written against.
const (
	crdModule = "github.com/external-secrets/external-secrets@v1.3.2"
	crdSum    = "h1:u2J8RjlHIeF0oZCqtl92adI/uZWUwOesJIDkfql6LqQ="
)

// ExternalSecretsCRDs returns the folder with External Secrets' CustomResourceDefinitions, one YAML file a kind.
func (c *Cache) ExternalSecretsCRDs(ctx context.Context) (string, error) {
	if err := os.MkdirAll(c.Root, 0o755); err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", crdModule)
	cmd.Dir = c.Root // outside any module
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=")
	answer, runErr := cmd.Output()
	var module struct{ Dir, Sum, Error string }
	if err := json.Unmarshal(answer, &module); err != nil {
		return "", fmt.Errorf("go mod download %s: %w", crdModule, runErr)
	}
	if module.Error != "" {
		return "", fmt.Errorf("go mod download %s: %s", crdModule, module.Error)
	}
	if module.Sum != crdSum {
		return "", fmt.Errorf("%s has checksum %s, want %s", crdModule, module.Sum, crdSum)
	}
	return filepath.Join(module.Dir, "config", "crds", "bases"), nil
}
