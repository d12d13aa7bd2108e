package chaos

import (
	"context"
	"strings"
	"testing"

	"github.com/go-logr/logr/funcr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/followup-dev/followup-operator/internal/reconciler"
	"github.com/followup-dev/followup-operator/test/kstatus"
)

// storm is how often an object is reconciled while calls fail.
const storm = 4

// Run has a controller reconcile the object, first while calls fail and then while none does, and checks what is always so.
func (c *Cluster) Run(t *testing.T, controller reconcile.Reconciler, object reconciler.Object) {
	t.Helper()
	for range storm {
		c.reconcile(t, controller, object)
	}
	c.Calm()
	if err := c.reconcile(t, controller, object); err != nil {
		t.Errorf("an error although nothing fails: %v", err)
	}
	c.writes = nil
	if err := c.reconcile(t, controller, object); err != nil {
		t.Errorf("an error although nothing fails: %v", err)
	}
	if len(c.writes) > 0 {
		t.Errorf("written again, although nothing changed: %q\nstatus: %+v", c.writes, *object.StatusConditions())
	}
}

func (c *Cluster) reconcile(t *testing.T, controller reconcile.Reconciler, object reconciler.Object) error {
	t.Helper()
	log := funcr.New(func(prefix, args string) { _, _ = c.logs.Write([]byte(prefix + args + "\n")) }, funcr.Options{Verbosity: 9})
	ctx := ctrl.LoggerInto(context.Background(), log)
	_, failed := controller.Reconcile(ctx, ctrl.Request{NamespacedName: client.ObjectKeyFromObject(object)})
	if failed != nil { // which controller-runtime logs
		log.Error(failed, "Reconciler error")
	}
	c.checkLogs(t)
	err := c.base.Get(ctx, client.ObjectKeyFromObject(object), object)
	if apierrors.IsNotFound(err) {
		return failed
	}
	if err != nil {
		t.Fatal(err)
	}
	c.checkStatus(t, object)
	return failed
}

func (c *Cluster) checkLogs(t *testing.T) {
	t.Helper()
	for line := range strings.Lines(c.logs.String()) {
		if strings.Contains(line, Planted) {
			t.Errorf("a secret is logged, or in an event: %s", line)
		}
	}
}

// checkStatus holds against kstatus what the controller wrote, and not what it found.
func (c *Cluster) checkStatus(t *testing.T, object reconciler.Object) {
	t.Helper()
	if c.statuses > 0 {
		if err := kstatus.Check(object); err != nil {
			t.Errorf("generation %d, observed %d: %v\n%+v", object.GetGeneration(), *object.StatusObservedGeneration(), err, *object.StatusConditions())
		}
	}
	for _, condition := range *object.StatusConditions() {
		if strings.Contains(condition.Message, Planted) {
			t.Errorf("a secret is in the status: %+v", condition)
		}
	}
}
