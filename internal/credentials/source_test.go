package credentials

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
	wantMissing(t, source, ref)

	// The layout of a mounted Secret: the key is a link into ..data, which is a link that the kubelet swaps.
	for version, value := range map[string]string{"v1": "first", "v2": "second"} {
		write(t, filepath.Join(dir, "acme", version, "credentials"), value)
	}
	link(t, "v1", filepath.Join(dir, "acme", "..data"))
	link(t, filepath.Join("..data", "credentials"), filepath.Join(dir, "acme", "credentials"))
	wantValue(t, source, ref, "first")

	link(t, "v2", filepath.Join(dir, "acme", "..new"))
	if err := os.Rename(filepath.Join(dir, "acme", "..new"), filepath.Join(dir, "acme", "..data")); err != nil {
		t.Fatal(err)
	}
	wantValue(t, source, ref, "second")
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
		wantMissing(t, source, ref)
	}
}

func TestDirectoryBoundsWhatItReads(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "acme", "key"), strings.Repeat("x", 10*maxBytes))
	value, err := NewDirectory(dir).Get(tenancy.SecretRef{Name: "acme", Key: "key"})
	if err != nil || len(value) != maxBytes+1 {
		t.Fatalf("read %d bytes, error %v", len(value), err)
	}
	if _, err := ParseSlackApp(value); err == nil {
		t.Error("an oversized credential is taken")
	}
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
	informer, err := NewInformer(listOnly{client.CoreV1()}, "ns", "followup")
	if err != nil {
		t.Fatal(err)
	}
	go informer.Run(ctx)
	if err := informer.WaitForSync(ctx); err != nil {
		t.Fatal(err)
	}
	acme := tenancy.SecretRef{Name: "acme", Key: "credentials"}
	wantValue(t, informer, tenancy.SecretRef{Name: "app", Key: "credentials"}, "app value")
	wantValue(t, informer, acme, "first")
	wantMissing(t, informer, tenancy.SecretRef{Name: "acme", Key: "none"})
	wantMissing(t, informer, tenancy.SecretRef{Name: "other-app", Key: "credentials"})
	wantMissing(t, informer, tenancy.SecretRef{Name: "unlabelled", Key: "credentials"})

	secrets := client.CoreV1().Secrets("ns")
	if _, err := secrets.Update(ctx, secret("acme", map[string]string{LabelTenant: "acme"}, "second"), metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(ctx, t, "the changed value", func() bool {
		value, err := informer.Get(acme)
		return err == nil && string(value) == "second"
	})
	if err := secrets.Delete(ctx, "acme", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(ctx, t, "the deletion", func() bool {
		_, err := informer.Get(acme)
		return err != nil
	})
}

func TestInformerKeepsOnlyData(t *testing.T) {
	given := secret("acme", map[string]string{LabelTenant: "acme"}, "value")
	given.Annotations = map[string]string{"kubectl.kubernetes.io/last-applied-configuration": planted}
	kept, err := keepData(given)
	if err != nil {
		t.Fatal(err)
	}
	if got := kept.(*corev1.Secret); got.Annotations != nil || string(got.Data["credentials"]) != "value" {
		t.Errorf("kept %+v", got.ObjectMeta)
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

func wantValue(t *testing.T, source Source, ref tenancy.SecretRef, want string) {
	t.Helper()
	if got, err := source.Get(ref); string(got) != want || err != nil {
		t.Errorf("Get(%s) = %q, %v; want %q", ref, got, err, want)
	}
}

func wantMissing(t *testing.T, source Source, ref tenancy.SecretRef) {
	t.Helper()
	value, err := source.Get(ref)
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
