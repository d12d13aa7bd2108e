package usage

import (
	"context"
	"sync"

	"github.com/google/uuid"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// Rows counts what tenants use. *store.Control does.
type Rows interface {
	Usage(ctx context.Context, visit func(store.TenantUsage)) error
}

// Counts remembers what tenants use, as it was counted last. A nil one knows of none.
type Counts struct {
	rows    Rows
	tenants client.Reader
	wake    func(context.Context, types.NamespacedName) error

	mu sync.RWMutex
	of map[tenancy.ID]store.TenantUsage
}

// New returns Counts that know of no tenant yet. Tenants are listed from a cache, and looked at again by wake.
func New(rows Rows, tenants client.Reader, wake func(context.Context, types.NamespacedName) error) *Counts {
	return &Counts{rows: rows, tenants: tenants, wake: wake, of: map[tenancy.ID]store.TenantUsage{}}
}

// Poll counts anew, and wakes the Tenants whose status differs.
func (c *Counts) Poll(ctx context.Context) error {
	counted := map[tenancy.ID]store.TenantUsage{}
	if err := c.rows.Usage(ctx, func(usage store.TenantUsage) { counted[usage.TenantID] = usage }); err != nil {
		return err
	}
	c.mu.Lock()
	c.of = counted
	c.mu.Unlock()

	var tenants v1alpha1.TenantList
	if err := c.tenants.List(ctx, &tenants, client.UnsafeDisableDeepCopy); err != nil {
		return err
	}
	for i := range tenants.Items {
		if c.told(tenants.Items[i].Status) {
			continue
		}
		if err := c.wake(ctx, client.ObjectKeyFromObject(&tenants.Items[i])); err != nil {
			return err
		}
	}
	return nil
}

// told says whether a Tenant's status tells what was counted of it.
func (c *Counts) told(status v1alpha1.TenantStatus) bool {
	id, err := uuid.Parse(status.TenantID)
	if err != nil {
		return true // there is nothing to tell of one without rows
	}
	limits := make([]v1alpha1.Limit, len(status.Limits))
	for i := range limits {
		limits[i] = status.Limits[i].Limit
	}
	want := status
	c.Tell(&want, id, limits)
	return equality.Semantic.DeepEqual(status, want)
}

// Began says that a tenant is new, and so has used nothing yet.
func (c *Counts) Began(id tenancy.ID) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.of[id] = store.TenantUsage{TenantID: id}
}

func (c *Counts) find(id tenancy.ID) (usage store.TenantUsage, known bool) {
	if c == nil {
		return store.TenantUsage{}, false
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	usage, known = c.of[id]
	return usage, known
}
