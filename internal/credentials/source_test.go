package credentials

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

var (
	_ Source = (*Directory)(nil)
	_ Source = (*Informer)(nil)
)

func TestDirectoryReadsAtUseTime(t *testing.T) {
	dir := t.TempDir()
	ref := tenancy.SecretRef{Name: "acme", Key: "credentials"}
	source := NewDirectory(dir)
	wantMissing(t, source, OfTenant("acme"), ref)

	// The layout of a mounted Secret: the key is a link into ..data, which is a link that the kubelet swaps.
	for version, value := range map[string]string{"v1": "first", "v2": "second"} {
		write(t, filepath.Join(dir, "acme", version, "credentials"), value)
	}
	link(t, "v1", filepath.Join(dir, "acme", "..data"))
	link(t, filepath.Join("..data", "credentials"), filepath.Join(dir, "acme", "credentials"))
	wantValue(t, source, OfTenant("acme"), ref, "first")

	link(t, "v2", filepath.Join(dir, "acme", "..new"))
	if err := os.Rename(filepath.Join(dir, "acme", "..new"), filepath.Join(dir, "acme", "..data")); err != nil {
		t.Fatal(err)
	}
	wantValue(t, source, OfTenant("acme"), ref, "second")
}

func TestDirectoryStaysInside(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "outside", "key"), planted)
	write(t, filepath.Join(dir, "inside", "acme", "key"), "value")
	link(t, filepath.Join("..", "..", "outside", "key"), filepath.Join(dir, "inside", "acme", "link"))
	source := NewDirectory(filepath.Join(dir, "inside"))

	for _, ref := range []tenancy.SecretRef{
		{}, {Name: "..", Key: "outside"}, {Name: "../outside", Key: "key"}, {Name: "acme", Key: "../../outside/key"},
		{Name: "acme", Key: "link"}, {Name: "acme", Key: "none"}, {Name: "acme", Key: ""},
		{Name: filepath.Join(dir, "outside"), Key: "key"},
	} {
		wantMissing(t, source, OfTenant("acme"), ref)
	}
}

func TestDirectoryBoundsWhatItReads(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "acme", "key"), strings.Repeat("x", 10*maxBytes))
	value, err := NewDirectory(dir).Get(OfTenant("acme"), tenancy.SecretRef{Name: "acme", Key: "key"})
	if err != nil || len(value) != maxBytes+1 {
		t.Fatalf("read %d bytes, error %v", len(value), err)
	}
	if _, err := ParseSlackApp(value); err == nil {
		t.Error("an oversized credential is taken")
	}
}

func startInformer(ctx context.Context, t *testing.T, client *fake.Clientset) *Informer {
	t.Helper()
	informer, err := NewInformer(listOnly{client.CoreV1()}, "ns", "followup")
	if err != nil {
		t.Fatal(err)
	}
	go informer.Run(ctx)
	if err := informer.WaitForSync(ctx); err != nil {
		t.Fatal(err)
	}
	return informer
}

func TestInformerFollowsLabelledSecrets(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	client := fake.NewClientset(
		secret("app", map[string]string{LabelSlackApp: "followup"}, "app value"),
		secret("other-app", map[string]string{LabelSlackApp: "other"}, planted),
		secret("acme", map[string]string{LabelTenant: "acme"}, "first"),
		secret("unlabelled", nil, planted),
	)
	informer := startInformer(ctx, t, client)
	acme, tenant, app := tenancy.SecretRef{Name: "acme", Key: "credentials"}, OfTenant("acme"), OfSlackApp("followup")
	wantValue(t, informer, app, tenancy.SecretRef{Name: "app", Key: "credentials"}, "app value")
	wantValue(t, informer, tenant, acme, "first")
	wantMissing(t, informer, tenant, tenancy.SecretRef{Name: "acme", Key: "none"})
	wantMissing(t, informer, app, tenancy.SecretRef{Name: "other-app", Key: "credentials"})
	wantMissing(t, informer, tenant, tenancy.SecretRef{Name: "unlabelled", Key: "credentials"})

	secrets := client.CoreV1().Secrets("ns")
	if _, err := secrets.Update(ctx, secret("acme", map[string]string{LabelTenant: "acme"}, "second"), metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(ctx, t, "the changed value", func() bool {
		value, err := informer.Get(tenant, acme)
		return err == nil && string(value) == "second"
	})
	if err := secrets.Delete(ctx, "acme", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(ctx, t, "the deletion", func() bool {
		_, err := informer.Get(tenant, acme)
		return err != nil
	})
}

// A Tenant's author writes any reference into it. Only what is labelled for that very Tenant is read.
func TestInformerGivesNobodyWhatIsAnothers(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	client := fake.NewClientset(
		secret("acme-fathom", map[string]string{LabelTenant: "acme"}, "acme's"),                                          // by secretRef
		secret("tenant-acme-fathom", map[string]string{LabelTenant: "acme", "managed-by": "external-secrets"}, "acme's"), // by External Secrets
		secret("slackapp-followup-slack", map[string]string{LabelSlackApp: "followup"}, "the app's"),
		secret("both", map[string]string{LabelSlackApp: "followup", LabelTenant: "acme"}, "both's"),
		secret("nobodys", map[string]string{LabelTenant: ""}, planted),
	)
	informer := startInformer(ctx, t, client)
	acme, evil, app := OfTenant("acme"), OfTenant("evil"), OfSlackApp("followup")
	tests := map[string]map[Owner]string{
		"acme-fathom":             {acme: "acme's"},
		"tenant-acme-fathom":      {acme: "acme's"},
		"slackapp-followup-slack": {app: "the app's"},
		"both":                    {acme: "both's", app: "both's"},
		"nobodys":                 {},
	}
	for name, allowed := range tests {
		ref := tenancy.SecretRef{Name: name, Key: "credentials"}
		for _, owner := range []Owner{acme, evil, app, OfSlackApp("acme"), OfTenant("followup"), OfTenant(""), OfSlackApp(""), {}} {
			if want, ok := allowed[owner]; ok {
				wantValue(t, informer, owner, ref, want)
				continue
			}
			wantMissing(t, informer, owner, ref)
		}
	}

	// Its owner takes the label back: what acme had is evil's now, and no longer acme's.
	moved := secret("acme-fathom", map[string]string{LabelTenant: "evil"}, "evil's")
	if _, err := client.CoreV1().Secrets("ns").Update(ctx, moved, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	ref := tenancy.SecretRef{Name: "acme-fathom", Key: "credentials"}
	eventually(ctx, t, "the new label", func() bool {
		_, err := informer.Get(acme, ref)
		return err != nil
	})
	wantValue(t, informer, evil, ref, "evil's")
}

func TestInformerKeepsOnlyWhatIsRead(t *testing.T) {
	given := secret("acme", map[string]string{LabelTenant: "acme", "team": "sales"}, "value")
	given.Annotations = map[string]string{"kubectl.kubernetes.io/last-applied-configuration": planted}
	kept, err := keepWhatIsRead(given)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(secret("acme", map[string]string{LabelTenant: "acme"}, "value"), kept); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
}

func TestInformerSaysWhenItCannotList(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	informer, err := NewInformer(fake.NewClientset().CoreV1(), "ns", "followup")
	if err != nil {
		t.Fatal(err)
	}
	if err := informer.WaitForSync(ctx); err == nil {
		t.Error("synced without running")
	}
}

// listOnly says what the fake's CoreV1 does not: it cannot stream a list.
type listOnly struct{ typedcorev1.SecretsGetter }

func (listOnly) IsWatchListSemanticsUnSupported() bool { return true }

func secret(name string, labels map[string]string, value string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name, Labels: labels},
		Data:       map[string][]byte{"credentials": []byte(value)},
	}
}

func wantValue(t *testing.T, source Source, owner Owner, ref tenancy.SecretRef, want string) {
	t.Helper()
	if got, err := source.Get(owner, ref); string(got) != want || err != nil {
		t.Errorf("Get(%s) = %q, %v; want %q", ref, got, err, want)
	}
}

func wantMissing(t *testing.T, source Source, owner Owner, ref tenancy.SecretRef) {
	t.Helper()
	value, err := source.Get(owner, ref)
	var missing *MissingError
	if !errors.As(err, &missing) || missing.Ref != ref || value != nil {
		t.Errorf("Get(%s) = %q, %v; want a *MissingError", ref, value, err)
	}
	if err != nil && !strings.Contains(err.Error(), ref.String()) {
		t.Errorf("error does not name %s: %v", ref, err)
	}
}

// eventually polls: a watch delivers when it delivers.
func eventually(ctx context.Context, t *testing.T, what string, ok func() bool) {
	t.Helper()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("%s did not arrive", what)
		case <-time.After(time.Millisecond):
		}
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}
