package cluster

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestPostgresAndExternalSecretsServe(t *testing.T) {
	requireRoot(t)
	c := up(t, newOptions(t, "addons"))
	t.Run("postgres", func(t *testing.T) { checkPostgres(t, c) })
	t.Run("external secrets", func(t *testing.T) { checkExternalSecrets(t, c) })
}

func checkPostgres(t *testing.T, c *Cluster) {
	p, err := c.StartPostgres(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := query(t, p, "create table kept (x int); insert into kept values (7); show fsync"); got != "on" {
		t.Errorf("fsync is %q, want Postgres' own durable setting", got)
	}
	eachProcess(t, func(dir, command string) {
		if !strings.Contains(command, postgresData) {
			return
		}
		status, err := os.ReadFile(filepath.Join(dir, "status"))
		if err != nil || strings.Contains(string(status), "\nUid:\t0\t") {
			t.Errorf("%q runs as root (%v)", command, err)
		}
	})

	wrong := psql(t, p, strings.Replace(p.HostAdminDSN, "@", "x@", 1), "select 1")
	if out, err := wrong.CombinedOutput(); err == nil || !strings.Contains(string(out), "password authentication failed") {
		t.Errorf("with a wrong password: %s, %v", out, err)
	}
	if err := p.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if out, err := psql(t, p, p.HostAdminDSN, "select 1").CombinedOutput(); err == nil {
		t.Errorf("a stopped server answers %s", out)
	}
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := query(t, p, "select x from kept"); got != "7" {
		t.Errorf("after a restart the table holds %q, want 7", got)
	}
}

func query(t *testing.T, p *Postgres, sql string) (lastLine string) {
	t.Helper()
	out, err := psql(t, p, p.HostAdminDSN, sql).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}

func psql(t *testing.T, p *Postgres, dsn, sql string) *exec.Cmd {
	t.Helper()
	return exec.CommandContext(t.Context(), filepath.Join(p.bin, "psql"), "--no-psqlrc", "--tuples-only", "--no-align", "--dbname="+dsn, "--command="+sql)
}

const fakeSecret = `
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: fake}
spec: {provider: {fake: {data: [{key: token, value: hidden}]}}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: token}
spec:
  secretStoreRef: {kind: SecretStore, name: fake}
  target: {name: token}
  data: [{secretKey: credentials, remoteRef: {key: token}}]
`

func checkExternalSecrets(t *testing.T, c *Cluster) {
	const endpoint = "http://10.77.0.1:4566"
	if err := c.InstallExternalSecrets(t.Context(), ExternalSecretsOptions{AWSEndpoint: endpoint}); err != nil {
		t.Fatal(err)
	}
	got := kubectlOK(t, c, "", "get", "deployment", "--namespace="+ExternalSecretsNamespace, "external-secrets",
		"-o", "jsonpath={.spec.template.spec.containers[0].env[?(@.name=='AWS_SECRETSMANAGER_ENDPOINT')].value}")
	if got != endpoint {
		t.Errorf("the AWS provider's endpoint is %q, want %q", got, endpoint)
	}
	kubectlOK(t, c, fakeSecret, "apply", "-f", "-")
	kubectlOK(t, c, "", "wait", "--for=condition=Ready", "externalsecret/token", "--timeout=60s")
	if got := kubectlOK(t, c, "", "get", "secret", "token", "-o", "jsonpath={.data.credentials}"); got != "aGlkZGVu" {
		t.Errorf("the Secret holds %q, want the store's value in base64", got)
	}
}
