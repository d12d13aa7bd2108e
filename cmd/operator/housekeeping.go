package main

import (
	"context"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/followup-dev/followup-operator/internal/reconciler"
)

// housekeeper keeps the tables that grow by themselves. *store.Control is one.
type housekeeper interface {
	EnsureAuditPartitions(ctx context.Context) error
	ExpireDeliveries(ctx context.Context) (int64, error)
}

// addHousekeeping has the leader make the audit log's partitions months ahead, and forget the keys of requests that can't
// come again.
func addHousekeeping(mgr ctrl.Manager, keep housekeeper) error {
	err := mgr.Add(reconciler.Every(24*time.Hour, "audit partitions", keep.EnsureAuditPartitions))
	if err != nil {
		return err
	}
	return mgr.Add(reconciler.Every(time.Minute, "expire deliveries", func(ctx context.Context) error {
		expired, err := keep.ExpireDeliveries(ctx)
		if expired > 0 {
			ctrl.LoggerFrom(ctx).V(1).Info("forgot delivery keys", "count", expired)
		}
		return err
	}))
}
