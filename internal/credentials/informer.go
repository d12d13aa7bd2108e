package credentials

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/cache"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// Labels that a Secret must carry to be read: its owner sets them, so that the author of a Tenant cannot aim at any
// other Secret of the namespace.
const (
	LabelTenant   = "followup.dev/tenant"   // value: the Tenant's name
	LabelSlackApp = "followup.dev/slackapp" // value: the SlackApp's name
)

// Informer is a Source that watches the labelled Secrets of one namespace.
type Informer struct {
	namespace string
	// The API server cannot select "this label or that one", hence two watches.
	informers []cache.SharedInformer
}

// NewInformer watches the Secrets of slackApp and those of any tenant in namespace, which holds no other app's. Call
// Run, then WaitForSync, before Get.
func NewInformer(client typedcorev1.SecretsGetter, namespace, slackApp string) (*Informer, error) {
	in := &Informer{namespace: namespace}
	for _, selector := range []string{LabelSlackApp + "=" + slackApp, LabelTenant} {
		informer := cache.NewSharedInformer(listWatch(client, namespace, selector), &corev1.Secret{}, 0)
		if err := informer.SetTransform(keepData); err != nil {
			return nil, fmt.Errorf("watch Secrets labelled %s: %w", selector, err)
		}
		in.informers = append(in.informers, informer)
	}
	return in, nil
}

// Run watches until ctx ends.
func (in *Informer) Run(ctx context.Context) {
	for _, informer := range in.informers[1:] {
		go informer.RunWithContext(ctx)
	}
	in.informers[0].RunWithContext(ctx)
}

// WaitForSync returns when all Secrets were listed once, or with an error when ctx ends first.
func (in *Informer) WaitForSync(ctx context.Context) error {
	for _, informer := range in.informers {
		if !cache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
			return errors.New("list the labelled Secrets: " + context.Cause(ctx).Error())
		}
	}
	return nil
}

// Get implements Source.
func (in *Informer) Get(ref tenancy.SecretRef) ([]byte, error) {
	for _, informer := range in.informers {
		object, found, err := informer.GetStore().GetByKey(in.namespace + "/" + ref.Name)
		if err != nil || !found {
			continue
		}
		secret, ok := object.(*corev1.Secret)
		if !ok {
			continue
		}
		if value, ok := secret.Data[ref.Key]; ok {
			return value, nil
		}
		return nil, &MissingError{Ref: ref, Problem: "the Secret has no such key"}
	}
	return nil, &MissingError{Ref: ref, Problem: "no such Secret with the label " + LabelTenant + " or " + LabelSlackApp}
}

func listWatch(client typedcorev1.SecretsGetter, namespace, selector string) cache.ListerWatcher {
	return cache.ToListWatcherWithWatchListSemantics(&cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			options.LabelSelector = selector
			return client.Secrets(namespace).List(ctx, options)
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			options.LabelSelector = selector
			return client.Secrets(namespace).Watch(ctx, options)
		},
	}, client)
}

// keepData drops what nobody reads: annotations can hold a second copy of the values (kubectl's last-applied).
func keepData(object any) (any, error) {
	secret, ok := object.(*corev1.Secret)
	if !ok {
		return object, nil
	}
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: secret.Namespace, Name: secret.Name, ResourceVersion: secret.ResourceVersion,
		},
		Data: secret.Data,
	}, nil
}
