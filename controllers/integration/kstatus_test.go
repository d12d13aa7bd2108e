package integration

import (
	"context"
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/reconciler"
	"github.com/followup-dev/followup-operator/test/kstatus"
)

// watchStatuses checks each version of each of our objects in a namespace until the test ends.
func watchStatuses(t testing.TB, namespace string) {
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	t.Cleanup(func() {
		cancel()
		done.Wait()
	})
	for _, list := range []client.ObjectList{&v1alpha1.SlackAppList{}, &v1alpha1.TenantList{}, &v1alpha1.CRMConnectionList{}} {
		w, err := kube.Watch(ctx, list, client.InNamespace(namespace))
		if err != nil {
			t.Fatal(err)
		}
		done.Go(func() {
			defer w.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case event, open := <-w.ResultChan():
					if !open {
						return
					}
					object, ok := event.Object.(reconciler.Object)
					if !ok || event.Type == watch.Deleted {
						continue
					}
					if err := kstatus.Check(object); err != nil {
						t.Errorf("%T %s, generation %d: %v\n%+v", object, object.GetName(), object.GetGeneration(), err, *object.StatusConditions())
					}
				}
			}
		})
	}
}
