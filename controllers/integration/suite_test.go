// Package integration proves the controllers on a real kube-apiserver and a real Postgres. Each test has an operator, a
// database and namespaces of its own. Where Kubernetes' controllers and External Secrets would act, the tests act for them.
//
// KUBEBUILDER_ASSETS names the directory with etcd and kube-apiserver, ESO_CRDS that with External Secrets' CRDs; hack/test.sh
// sets both. Start reading at road_test.go.
package integration

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/followup-dev/followup-operator/controllers"
	"github.com/followup-dev/followup-operator/controllers/plan"
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
	admin    *rest.Config
	kube     client.WithWatch // as the administrator
	operates *rest.Config     // as the operator's ServiceAccount, with the role of config/rbac
	logs     = &logBuffer{}
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
		restarted.stop()
	}()
	code := m.Run()
	if line, found := logs.lineWith(planted); found {
		fmt.Fprintln(os.Stderr, "a secret is in the log:", line)
		return 1
	}
	return code
}

func startCluster() (*envtest.Environment, error) {
	if os.Getenv("KUBEBUILDER_ASSETS") == "" || os.Getenv("ESO_CRDS") == "" {
		return nil, fmt.Errorf("KUBEBUILDER_ASSETS and ESO_CRDS must be set: run hack/test.sh go")
	}
	environment := &envtest.Environment{
		ErrorIfCRDPathMissing: true,
		CRDDirectoryPaths: []string{
			filepath.Join("..", "..", "config", "crd", "bases"),
			externalSecretsCRD(),
			filepath.Join(os.Getenv("ESO_CRDS"), "external-secrets.io_secretstores.yaml"),
		},
		ControlPlaneStartTimeout: time.Minute,
	}
	var err error
	if admin, err = environment.Start(); err != nil {
		return nil, err
	}
	admin.QPS = -1
	scheme, err := controllers.NewScheme()
	if err != nil {
		return nil, err
	}
	if kube, err = client.NewWithWatch(admin, client.Options{Scheme: scheme}); err != nil {
		return nil, err
	}
	return environment, authorise(environment)
}

func externalSecretsCRD() string {
	return filepath.Join(os.Getenv("ESO_CRDS"), "external-secrets.io_externalsecrets.yaml")
}

// authorise gives the operator what an installation gives it, and no more: a test that needs another right fails.
func authorise(environment *envtest.Environment) error {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: operatorNamespace}}
	if err := kube.Create(context.Background(), namespace); err != nil {
		return err
	}
	objects, err := kustomize(filepath.Join("..", "..", "config", "rbac"))
	if err != nil {
		return err
	}
	for _, object := range objects {
		if err := kube.Create(context.Background(), object); err != nil {
			return err
		}
	}
	user, err := environment.AddUser(envtest.User{
		Name:   "system:serviceaccount:" + operatorNamespace + ":followup-operator",
		Groups: []string{"system:serviceaccounts", "system:authenticated"},
	}, nil)
	if err != nil {
		return err
	}
	operates = user.Config()
	operates.QPS = -1
	return nil
}

// kustomize returns the objects of a kustomization.
func kustomize(dir string) ([]*unstructured.Unstructured, error) {
	output, err := exec.Command(filepath.Join(os.Getenv("KUBEBUILDER_ASSETS"), "kubectl"), "kustomize", dir).Output()
	if err != nil {
		return nil, fmt.Errorf("kustomize %s: %w", dir, err)
	}
	return decodeAll(output)
}

func decodeFile(path string) ([]*unstructured.Unstructured, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return decodeAll(text)
}

func decodeAll(text []byte) (objects []*unstructured.Unstructured, err error) {
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096)
	for {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(&object.Object)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, err
		}
		objects = append(objects, object)
	}
}

// operator is one running operator.
type operator struct {
	database *postgres.Database
	requests *transport
	observed *observer
	power    *plug // nil: nobody pulls it
	planner  *plan.Planner

	scanEvery time.Duration // 0: as usual
	stop      func()        // stops it, and waits until it has
}

// newOperator runs an operator on a database of its own until the test ends.
func newOperator(t testing.TB) *operator {
	t.Helper()
	return startOperator(t, postgres.New(t))
}

// startOperator is newOperator for a database that is there.
func startOperator(t testing.TB, database *postgres.Database) *operator {
	t.Helper()
	return startOperatorWith(t, database, "postgres://webhook:"+planted+"@db/followup")
}

// startOperatorWith is startOperator with another login for the webhooks.
func startOperatorWith(t testing.TB, database *postgres.Database, webhookDSN string) *operator {
	t.Helper()
	o := &operator{database: database}
	o.start(t, webhookDSN, func(*ctrl.Options) {})
	return o
}

// start runs an operator until the test ends, or stop is called.
func (o *operator) start(t testing.TB, webhookDSN string, adjust func(*ctrl.Options)) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	o.observed = &observer{reconciles: map[string]int{}, repaired: map[string]int{}, statements: map[string]int{}}
	db, err := store.Open(ctx, o.power.proxy(t, o.database.Operator), store.Options{Observe: o.observed.queried})
	if err != nil {
		t.Fatalf("open the database: %v", err)
	}
	o.requests = &transport{power: o.power}
	mgr := o.manager(t, adjust)
	o.planner, err = controllers.SetupWithManager(ctx, mgr, controllers.Dependencies{
		OperatorNamespace: operatorNamespace,
		Webhook: slackapp.Config{
			Image:       "example.com/webhook:v1",
			ClusterRole: "followup-webhook",
			WebhookDSN:  credentials.NewSecret(webhookDSN),
			WorkerDSN:   credentials.NewSecret("postgres://worker:" + planted + "@db/followup"),
			VendorFlags: []string{"--slack-api-url=http://slack.test/api/"},
		},
		Rows:      db.Control("cluster"),
		Observer:  o.observed,
		ScanEvery: o.scanEvery,
	})
	if err != nil {
		t.Fatalf("set up the controllers: %v", err)
	}
	done := make(chan error, 1)
	go func() { done <- mgr.Start(ctx) }()
	o.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil && !o.power.pulled() {
			t.Errorf("the operator ended with: %v", err)
		}
		db.Close()
	})
	t.Cleanup(o.stop)
}

func (o *operator) manager(t testing.TB, adjust func(*ctrl.Options)) manager.Manager {
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
	adjust(&options)
	cfg := rest.CopyConfig(operates)
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
	repaired   map[string]int
	statements map[string]int
}

var _ reconciler.Observer = (*observer)(nil)

func (o *observer) Reconciled(kind, _ string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.reconciles[kind]++
}

func (o *observer) DriftRepaired(kind string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.repaired[kind]++
}

func (o *observer) repairs(kind string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.repaired[kind]
}

// queried counts a statement.
func (o *observer) queried(statement string, _ time.Duration, _ error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.statements[statement]++
}

// queries says how often a statement was sent.
func (o *observer) queries(statement string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.statements[statement]
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
