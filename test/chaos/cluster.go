package chaos

import (
	"context"
	"errors"
	"fmt"
	"testing"

	esv1 "github.com/external-secrets/external-secrets/apis/externalsecrets/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/controllers/claims"
	"github.com/followup-dev/followup-operator/controllers/secrets"
	"github.com/followup-dev/followup-operator/internal/reconciler"
	"github.com/followup-dev/followup-operator/test/logs"
)

// Planted is part of every secret in the cluster, and must be found nowhere but in Secrets.
const Planted = "planted0secret"

const (
	// Namespace is where the objects are, and OperatorNamespace where the operator is.
	Namespace         = "followup"
	OperatorNamespace = "operator"
)

// Index finds objects of a kind by a field, as the manager's cache does.
type Index struct {
	Of    client.Object
	Field string
	Value func(client.Object) []string
}

// Cluster is an API server in memory, whose calls fail as the bytes say until Calm.
type Cluster struct {
	bytes *Bytes
	base  client.WithWatch
	logs  logs.Buffer // with events and errors
	calm  bool
	// withoutESO: the CRDs of External Secrets are not there.
	withoutESO bool
	writes     []string
	statuses   int // that were written
}

// NewCluster returns a Cluster with these objects.
func NewCluster(t testing.TB, b *Bytes, objects []client.Object, indexes ...Index) *Cluster {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, esv1.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	builder := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).WithReturnManagedFields().WithStatusSubresource(
		&v1alpha1.SlackApp{}, &v1alpha1.Tenant{}, &v1alpha1.CRMConnection{}, &appsv1.Deployment{}, &esv1.ExternalSecret{})
	indexes = append(indexes, Index{&corev1.Event{}, secrets.IndexAbout, secrets.About}, Index{&v1alpha1.SlackApp{}, "spec.appID", func(obj client.Object) []string {
		return []string{obj.(*v1alpha1.SlackApp).Spec.AppID}
	}})
	for _, index := range indexes {
		builder = builder.WithIndex(index.Of, index.Field, index.Value)
	}
	return &Cluster{bytes: b, base: builder.Build(), withoutESO: b.Pick(8) == 1}
}

// Calm has nothing fail any more.
func (c *Cluster) Calm() { c.calm = true }

// Fail returns the error of a call that fails, or nil: of a database too.
func (c *Cluster) Fail(what string) error {
	if c.calm || c.bytes.Pick(8) != 1 {
		return nil
	}
	gr := schema.GroupResource{Resource: what}
	return OneOf[error](c.bytes,
		errors.New("connection refused"), context.DeadlineExceeded, apierrors.NewConflict(gr, what, errors.New("changed")),
		apierrors.NewServiceUnavailable("away"), apierrors.NewForbidden(gr, what, errors.New("policy")), apierrors.NewTooManyRequests("later", 1),
		apierrors.NewInvalid(schema.GroupKind{Kind: what}, what, nil), apierrors.NewNotFound(gr, what),
	)
}

// Wrote keeps that something was written, other than by the cluster's own clients.
func (c *Cluster) Wrote(what string) { c.writes = append(c.writes, what) }

// For is how a controller reaches this cluster.
func (c *Cluster) For() reconciler.Cluster {
	return reconciler.Cluster{Client: c.client(c.cached), Live: c.client(nil), Recorder: recorder{c}, Observer: nobody{}}
}

// Labelled reads as the cache of the metadata of what carries a label does.
func (c *Cluster) Labelled(label string) client.Reader {
	return c.client(func(obj client.Object) bool { return obj.GetLabels()[label] != "" })
}

// Reports is what External Secrets tells.
func (c *Cluster) Reports() *secrets.Reports {
	return &secrets.Reports{Told: c.client(nil), Applied: c.client(c.cached)}
}

// Claims are those of the cluster's SlackApps.
func (c *Cluster) Claims() *claims.Checker {
	return &claims.Checker{Reader: c.client(c.cached), OperatorNamespace: OperatorNamespace}
}

// cached says whether the manager's cache has an object.
func (c *Cluster) cached(obj client.Object) bool {
	switch obj.(type) {
	case *v1alpha1.SlackApp, *v1alpha1.Tenant, *v1alpha1.CRMConnection:
		return true
	default:
		return obj.GetLabels()[reconciler.LabelManagedBy] == reconciler.FieldManager
	}
}

// client returns one that fails, counts its writes, and reads what has says; nil: all.
func (c *Cluster) client(has func(client.Object) bool) client.Client {
	return interceptor.NewClient(c.base, interceptor.Funcs{
		Get: func(ctx context.Context, base client.WithWatch, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
			if err := errors.Join(c.unknown(obj), c.Fail("get")); err != nil {
				return err
			}
			err := base.Get(ctx, key, obj, opts...)
			if err == nil && has != nil && !has(obj) {
				return apierrors.NewNotFound(schema.GroupResource{}, key.Name)
			}
			return err
		},
		List: func(ctx context.Context, base client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
			if err := c.Fail("list"); err != nil {
				return err
			}
			return base.List(ctx, list, opts...)
		},
		Delete: func(ctx context.Context, base client.WithWatch, obj client.Object, opts ...client.DeleteOption) error {
			return c.write("delete "+obj.GetName(), func() error { return base.Delete(ctx, obj, opts...) })
		},
		Patch: func(ctx context.Context, base client.WithWatch, obj client.Object, patch client.Patch, opts ...client.PatchOption) error {
			return c.write("patch "+obj.GetName(), func() error { return base.Patch(ctx, obj, patch, opts...) })
		},
		Apply: func(ctx context.Context, base client.WithWatch, obj runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
			applied := obj.(client.Object)
			if err := c.unknown(applied); err != nil {
				return err
			}
			return c.write("apply "+applied.GetName(), func() error { return base.Apply(ctx, obj, opts...) })
		},
		SubResourcePatch: func(ctx context.Context, base client.Client, of string, obj client.Object, patch client.Patch, opts ...client.SubResourcePatchOption) error {
			return c.write(of+" of "+obj.GetName(), func() error {
				err := base.SubResource(of).Patch(ctx, obj, patch, opts...)
				if err == nil {
					c.statuses++
				}
				return err
			})
		},
	})
}

// write may fail before it does anything, or after.
func (c *Cluster) write(what string, do func() error) error {
	if err := c.Fail(what); err != nil {
		return err
	}
	c.Wrote(what)
	if err := do(); err != nil {
		return err
	}
	return c.Fail(what)
}

func (c *Cluster) unknown(obj client.Object) error {
	gvk, err := apiutil.GVKForObject(obj, c.base.Scheme())
	if err == nil && c.withoutESO && gvk.Group == esv1.Group {
		return &meta.NoKindMatchError{GroupKind: gvk.GroupKind(), SearchedVersions: []string{gvk.Version}}
	}
	return err
}

// recorder keeps events among the logs.
type recorder struct{ *Cluster }

func (r recorder) Eventf(_, _ runtime.Object, eventType, reason, action, note string, args ...any) {
	r.Wrote("event " + reason)
	_, _ = fmt.Fprintf(&r.logs, "event %s %s %s %s\n", eventType, reason, action, fmt.Sprintf(note, args...))
}

type nobody struct{}

func (nobody) Reconciled(string, string)   {}
func (nobody) SetObjects(string, int, int) {}
func (nobody) DriftRepaired(string)        {}
