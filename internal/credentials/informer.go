package credentials

import (
	"context"
	"errors"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/cache"

	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// Labels that a Secret must carry to be read, as in api/v1alpha1: whoever may change the Secret sets them, so that the
// author of a Tenant can aim neither at another Tenant's Secret nor at any other of the namespace.
const (
	LabelTenant   = "followup.dev/tenant"   // value: the Tenant's name
	LabelSlackApp = "followup.dev/slackapp" // value: the SlackApp's name
)

// Informer is a Source that watches the labelled Secrets of one namespace. Their labels are looked at again with each Get.
type Informer struct {
	namespace string
	// The API server cannot select "this label or that one", hence two watches, by label.
	informers map[string]cache.SharedInformer
}

// NewInformer watches the Secrets of slackApp and those of any tenant in namespace, which holds no other app's. Call
// Run, then WaitForSync, before Get.
func NewInformer(client typedcorev1.SecretsGetter, namespace, slackApp string) (*Informer, error) {
	in := &Informer{namespace: namespace, informers: map[string]cache.SharedInformer{}}
	for label, selector := range map[string]string{LabelSlackApp: OfSlackApp(slackApp).String(), LabelTenant: LabelTenant} {
		informer := cache.NewSharedInformer(listWatch(client, namespace, selector), &corev1.Secret{}, 0)
		if err := informer.SetTransform(keepWhatIsRead); err != nil {
			return nil, fmt.Errorf("watch Secrets labelled %s: %w", selector, err)
		}
		in.informers[label] = informer
	}
	return in, nil
}

// OnChange has f told of each tenant, by its Tenant's name, whose Secrets are or become others, and of "" for those of the
// SlackApp. It is to be called before Run; f must not block.
func (in *Informer) OnChange(f func(tenant string)) error {
	told := func(object any) {
		if gone, ok := object.(cache.DeletedFinalStateUnknown); ok {
			object = gone.Obj
		}
		if secret, ok := object.(*corev1.Secret); ok {
			f(secret.Labels[LabelTenant])
		}
	}
	for label, informer := range in.informers {
		_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc: told, UpdateFunc: func(_, now any) { told(now) }, DeleteFunc: told,
		})
		if err != nil {
			return fmt.Errorf("hear of Secrets labelled %s: %w", label, err)
		}
	}
	return nil
}

// Run watches until ctx ends.
func (in *Informer) Run(ctx context.Context) {
	var running sync.WaitGroup
	for _, informer := range in.informers {
		running.Go(func() { informer.RunWithContext(ctx) })
	}
	running.Wait()
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
func (in *Informer) Get(owner Owner, ref tenancy.SecretRef) ([]byte, error) {
	secret := in.secret(owner.label, ref.Name)
	if secret == nil || owner.name == "" || secret.Labels[owner.label] != owner.name {
		return nil, &MissingError{Ref: ref, Problem: "no such Secret with the label " + owner.String()}
	}
	value, found := secret.Data[ref.Key]
	if !found {
		return nil, &MissingError{Ref: ref, Problem: "the Secret has no such key"}
	}
	return value, nil
}

// secret is nil if there is none of that name with the label.
func (in *Informer) secret(label, name string) *corev1.Secret {
	informer, known := in.informers[label]
	if !known {
		return nil
	}
	object, _, _ := informer.GetStore().GetByKey(in.namespace + "/" + name) // a store in memory does not fail
	secret, _ := object.(*corev1.Secret)
	return secret
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

// keepWhatIsRead drops the rest: annotations can hold a second copy of the values (kubectl's last-applied).
func keepWhatIsRead(object any) (any, error) {
	secret, ok := object.(*corev1.Secret)
	if !ok {
		return object, nil
	}
	labels := map[string]string{}
	for _, label := range []string{LabelTenant, LabelSlackApp} {
		if value, found := secret.Labels[label]; found {
			labels[label] = value
		}
	}
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: secret.Namespace, Name: secret.Name, ResourceVersion: secret.ResourceVersion, Labels: labels,
		},
		Data: secret.Data,
	}, nil
}
