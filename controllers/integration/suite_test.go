// Package integration proves the controllers on a real kube-apiserver and a real Postgres. Each test has an operator, a
// database and namespaces of its own. Where Kubernetes' controllers and External Secrets would act, the tests act for them.
//
// KUBEBUILDER_ASSETS names the directory with etcd and kube-apiserver, ESO_CRDS that with External Secrets' CRDs; hack/test.sh
// sets both. Start reading at road_test.go.
package integration

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/followup-dev/followup-operator/controllers"
	"github.com/followup-dev/followup-operator/controllers/slackapp"
	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/reconciler"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/test/postgres"
)

const (
	operatorNamespace = "followup-system"
	// planted is part of every secret of these tests, and must be found nowhere but in Secrets.
	planted = "planted0secret"
)

var (
	cluster *rest.Config // of the API server, without limits
	kube    client.WithWatch
	logs    = &logBuffer{}
)

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	log := logr.FromSlogHandler(slog.NewJSONHandler(logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	ctrl.SetLogger(log)
	environment, err := startCluster()
	if err != nil {
		fmt.Fprintln(os.Stderr, "start the API server:", err)
		return 1
	}
	defer func() {
		if err := environment.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "stop the API server:", err)
		}
	}()
	code := m.Run()
	if line, found := logs.lineWith(planted); found {
		fmt.Fprintln(os.Stderr, "a secret is in the log:", line)
		return 1
	}
	return code
}

func startCluster() (*envtest.Environment, error) {
	esoCRDs := os.Getenv("ESO_CRDS")
	if os.Getenv("KUBEBUILDER_ASSETS") == "" || esoCRDs == "" {
		return nil, fmt.Errorf("KUBEBUILDER_ASSETS and ESO_CRDS must be set: run hack/test.sh go")
	}
	environment := &envtest.Environment{
		ErrorIfCRDPathMissing: true,
		CRDDirectoryPaths: []string{
			filepath.Join("..", "..", "config", "crd", "bases"),
			filepath.Join(esoCRDs, "external-secrets.io_externalsecrets.yaml"),
			filepath.Join(esoCRDs, "external-secrets.io_secretstores.yaml"),
		},
		ControlPlaneStartTimeout: time.Minute,
	}
	var err error
	if cluster, err = environment.Start(); err != nil {
		return nil, err
	}
	cluster.QPS = -1
	scheme, err := controllers.NewScheme()
	if err != nil {
		return nil, err
	}
	kube, err = client.NewWithWatch(cluster, client.Options{Scheme: scheme})
	return environment, err
}

// operator is one running operator.
type operator struct {
	database *postgres.Database
	requests *requestCounter
	observed *observer
	stop     func() // stops it, and waits until it has
}

// newOperator runs an operator on a database of its own until the test ends.
func newOperator(t testing.TB) *operator {
	t.Helper()
	return startOperator(t, postgres.New(t))
}

// startOperator runs an operator on a database until the test ends, or stop is called.
func startOperator(t testing.TB, database *postgres.Database) *operator {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	db, err := store.Open(ctx, database.Operator, store.Options{})
	if err != nil {
		t.Fatalf("open the database: %v", err)
	}
	o := &operator{
		database: database,
		requests: &requestCounter{},
		observed: &observer{reconciles: map[string]int{}},
	}
	mgr := o.manager(t)
	err = controllers.SetupWithManager(ctx, mgr, controllers.Dependencies{
		OperatorNamespace: operatorNamespace,
		Webhook: slackapp.Config{
			Image:       "example.com/webhook:v1",
			ClusterRole: "followup-webhook",
			WebhookDSN:  credentials.NewSecret("postgres://webhook:" + planted + "@db/followup"),
			WorkerDSN:   credentials.NewSecret("postgres://worker:" + planted + "@db/followup"),
			VendorFlags: []string{"--slack-api-url=http://slack.test/api/"},
		},
		Rows:     db.Control(),
		Observer: o.observed,
	})
	if err != nil {
		t.Fatalf("set up the controllers: %v", err)
	}
	done := make(chan error, 1)
	go func() { done <- mgr.Start(ctx) }()
	o.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the operator ended with: %v", err)
		}
		db.Close()
	})
	t.Cleanup(o.stop)
	return o
}

func (o *operator) manager(t testing.TB) manager.Manager {
	t.Helper()
	scheme, err := controllers.NewScheme()
	if err != nil {
		t.Fatal(err)
	}
	options := ctrl.Options{
		Scheme:                 scheme,
		Cache:                  controllers.CacheOptions(),
		Client:                 controllers.ClientOptions(),
		Metrics:                metricsserver.Options{BindAddress: "0"},
		HealthProbeBindAddress: "0",
		Controller:             config.Controller{SkipNameValidation: new(true)},
	}
	cfg := rest.CopyConfig(cluster)
	cfg.Wrap(o.requests.wrap)
	mgr, err := ctrl.NewManager(cfg, options)
	if err != nil {
		t.Fatalf("make a manager: %v", err)
	}
	return mgr
}

// observer counts reconciles by kind.
type observer struct {
	mu         sync.Mutex
	reconciles map[string]int
}

var _ reconciler.Observer = (*observer)(nil)

func (o *observer) Reconciled(kind, _ string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.reconciles[kind]++
}

func (o *observer) SetObjects(string, int, int) {}

func (o *observer) count(kind string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.reconciles[kind]
}

// logBuffer keeps what the operators log.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) lineWith(text string) (string, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.b.String()) {
		if strings.Contains(line, text) {
			return line, true
		}
	}
	return "", false
}
