package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/followup-dev/followup-operator/controllers"
	"github.com/followup-dev/followup-operator/test/postgres"
)

const operatorNamespace = "followup-system"

// bed is a cluster, a database, and the operator's binary with what it needs to run.
type bed struct {
	environment *envtest.Environment
	admin       *rest.Config
	kube        client.WithWatch
	server      *postgres.Server
	sql         *pgx.Conn // the superuser's, of one goroutine at a time
	database    *postgres.Database
	dir         string // of the binary, its kubeconfig and its logins
	out         string // of what is kept: the log and the profiles
}

// newBed builds the operator of the module in root. dir is for files, out for those that are to be kept.
func newBed(ctx context.Context, root, dir, out string) (*bed, error) {
	if os.Getenv("KUBEBUILDER_ASSETS") == "" || os.Getenv("ESO_CRDS") == "" {
		return nil, errors.New("KUBEBUILDER_ASSETS and ESO_CRDS must be set: run hack/test.sh go")
	}
	b := &bed{dir: dir, out: out}
	build := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(dir, "operator"), "./cmd/operator")
	build.Dir, build.Stderr = root, os.Stderr
	err := build.Run()
	if err == nil {
		err = b.startCluster(ctx, root)
	}
	if err == nil {
		err = b.startPostgres(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, b.close())
	}
	return b, nil
}

func (b *bed) startCluster(ctx context.Context, root string) (err error) {
	b.environment = &envtest.Environment{
		ErrorIfCRDPathMissing: true,
		CRDDirectoryPaths: []string{
			filepath.Join(root, "config", "crd", "bases"),
			filepath.Join(os.Getenv("ESO_CRDS"), "external-secrets.io_externalsecrets.yaml"),
			filepath.Join(os.Getenv("ESO_CRDS"), "external-secrets.io_secretstores.yaml"),
		},
		ControlPlaneStartTimeout: time.Minute,
	}
	if b.admin, err = b.environment.Start(); err != nil {
		return err
	}
	b.admin.QPS = -1
	scheme, err := controllers.NewScheme()
	if err != nil {
		return err
	}
	if b.kube, err = client.NewWithWatch(b.admin, client.Options{Scheme: scheme}); err != nil {
		return err
	}
	for _, name := range []string{operatorNamespace, namespace} {
		if err := b.kube.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}); err != nil {
			return err
		}
	}
	user, err := b.environment.AddUser(envtest.User{Name: "operator", Groups: []string{"system:masters"}}, nil)
	if err != nil {
		return err
	}
	kubeconfig, err := user.KubeConfig()
	if err != nil {
		return err
	}
	return os.WriteFile(b.file("kubeconfig"), kubeconfig, 0o600)
}

func (b *bed) startPostgres(ctx context.Context) (err error) {
	if b.server, err = postgres.RunDurable(ctx); err != nil {
		return err
	}
	if b.database, err = b.server.Create(ctx, "scale"); err != nil {
		return err
	}
	if err := b.writeLogins(); err != nil {
		return err
	}
	b.sql, err = pgx.Connect(ctx, b.database.Admin)
	return err
}

func (b *bed) writeLogins() error {
	if err := os.Mkdir(b.file("logins"), 0o700); err != nil {
		return err
	}
	for name, dsn := range map[string]string{"operator": b.database.Operator, "webhook": b.database.Webhook, "worker": b.database.Worker} {
		if err := os.WriteFile(filepath.Join(b.file("logins"), name), []byte(dsn), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (b *bed) file(name string) string { return filepath.Join(b.dir, name) }

func (b *bed) close() (err error) {
	if b.sql != nil {
		err = b.sql.Close(context.Background())
	}
	if b.server != nil {
		err = errors.Join(err, b.server.Remove())
	}
	if b.environment != nil {
		err = errors.Join(err, b.environment.Stop())
	}
	return err
}

// written is how many rows were ever written. It is exact when no operator runs: sessions report late, and all when they end.
func (b *bed) written(ctx context.Context) (rows int64, err error) {
	err = b.sql.QueryRow(ctx, "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint FROM pg_stat_user_tables").Scan(&rows)
	return rows, err
}
