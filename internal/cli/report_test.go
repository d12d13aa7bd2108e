package cli

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

// unpack returns a bundle's files by name.
func unpack(t *testing.T, bundle io.Reader) map[string]string {
	t.Helper()
	zipped, err := gzip.NewReader(bundle)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for archive := tar.NewReader(zipped); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		files[strings.TrimPrefix(header.Name, "followup-report/")] = string(text)
	}
}

// unhappy has secrets where they should not be, all of which have "planted0" in them.
func unhappy() []client.Object {
	tenant := acme()
	tenant.ManagedFields = nil
	tenant.Annotations = map[string]string{
		corev1.LastAppliedConfigAnnotation: `{"planted0applied":1}`, "note": "ask planted0ada@acme.example, token xoxb-planted0note",
	}
	tenant.Spec.Slack.Credentials.SecretRef = &v1alpha1.SecretKeyReference{Name: "acme", Key: "bot_token"}
	tenant.Status.Conditions[0].Message = "dial postgres://followup:planted0dsn@db/followup: refused"
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "followup", Name: "acme"}, Data: map[string][]byte{"bot_token": []byte("planted0data")}}
	app := &v1alpha1.SlackApp{ObjectMeta: metav1.ObjectMeta{Namespace: "followup", Name: "followup"}}
	return append(world()[1:], tenant, secret, app, operatorPod(), event("z", "Tenant", "acme", "Bearer planted0bearer", time.Hour))
}

func TestReportHoldsWhatHelpsAndNoSecret(t *testing.T) {
	for name, args := range map[string][]string{"all": nil, "one": {"acme"}} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, interceptor.Funcs{}, unhappy()...)
			b.logs = map[string]string{"operator": `{"msg":"refused","authorization":"Bearer planted0log","to":"planted0@acme.example"}` + "\n"}
			_, problem, _ := b.run(append([]string{"report", "--output-file", "-"}, args...)...)
			if problem != "" {
				t.Fatal(problem)
			}
			files := unpack(t, &b.out)
			for path, text := range files {
				if strings.Contains(text, "planted0") {
					t.Errorf("%s has a secret:\n%s", path, text)
				}
			}
			mustContain(t, files["operator/logs/followup-operator-1.operator.log"], `"msg":"refused"`)
			mustContain(t, files["operator/pods.yaml"], "followup-operator-1", "ANYTHING")
			mustContain(t, files["versions.txt"], "example.com/operator:v1")
			mustContain(t, files["events.yaml"], "acme-google")
			var manifest bundleManifest
			if err := json.Unmarshal([]byte(files["manifest.json"]), &manifest); err != nil || len(manifest.Files) != len(files)-1 || len(manifest.Problems) > 0 {
				t.Errorf("%v: %s", err, files["manifest.json"])
			}
			if len(args) == 0 {
				mustContain(t, files["tenants.yaml"], "teamID: T0123456789", "secretRef")
				mustContain(t, files["status.txt"], "acme")
				return
			}
			mustContain(t, files["tenants/acme.yaml"], "teamID: T0123456789")
			mustContain(t, files["status.txt"], "Tenant acme in namespace followup")
			if files["crmconnections/acme-crono.yaml"] == "" || files["slackapps/followup.yaml"] == "" || files["crmconnections/other.yaml"] != "" {
				t.Errorf("files: %v", manifest.Files)
			}
		})
	}
}

func TestReportIsWrittenToAFileOfItsOwn(t *testing.T) {
	b := newBench(t, interceptor.Funcs{}, unhappy()...)
	b.logs = map[string]string{"operator": ""}
	got, problem, _ := b.run("report")
	const name = "followup-report-20261124-120000.tar.gz"
	mustContain(t, got, "Wrote "+name)
	info, err := os.Stat(name)
	if err != nil || info.Mode().Perm() != 0o600 || problem != "" {
		t.Errorf("%v %v %s", info, err, problem)
	}
}

func TestReportSaysWhatItCouldNotRead(t *testing.T) {
	b := newBench(t, interceptor.Funcs{
		List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
			kind := list.GetObjectKind().GroupVersionKind().Kind
			if _, raw := list.(*unstructured.UnstructuredList); raw && slices.Contains([]string{"EventList", "DeploymentList"}, kind) {
				return errors.New("eve cannot list " + kind)
			}
			return c.List(ctx, list, options...)
		},
	}, unhappy()...)
	if _, problem, _ := b.run("report", "--output-file", "-"); problem != "" {
		t.Fatal(problem)
	}
	manifest := unpack(t, &b.out)["manifest.json"]
	for _, want := range []string{"events.yaml: eve cannot list", "operator/deployments.yaml: eve cannot list", "followup-operator-1.operator.log: no log"} {
		mustContain(t, manifest, want)
		mustContain(t, b.err.String(), want)
	}
}
