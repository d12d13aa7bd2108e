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
	ForgetUse(ctx context.Context) (int64, error)
	ForgetAnnouncements(ctx context.Context) (int64, error)
}

// addHousekeeping has the leader make the audit log's partitions months ahead, and delete what serves no purpose any more:
// docs/deletion.md tells what that is.
func addHousekeeping(mgr ctrl.Manager, keep housekeeper) error {
	err := mgr.Add(reconciler.Every(24*time.Hour, "audit partitions", keep.EnsureAuditPartitions))
	if err != nil {
		return err
	}
	for _, sweep := range []struct {
		interval time.Duration
		name     string
		do       func(context.Context) (int64, error)
	}{
		{time.Minute, "expire deliveries", keep.ExpireDeliveries},
		{time.Hour, "forget what was used", keep.ForgetUse},
		{time.Hour, "forget announcements", keep.ForgetAnnouncements},
	} {
		if err := mgr.Add(reconciler.Every(sweep.interval, sweep.name, counted(sweep.do))); err != nil {
			return err
		}
	}
	return nil
}

// counted logs how many rows were deleted, also before an error.
func counted(do func(context.Context) (int64, error)) func(context.Context) error {
	return func(ctx context.Context) error {
		deleted, err := do(ctx)
		if deleted > 0 {
			ctrl.LoggerFrom(ctx).V(1).Info("deleted rows", "count", deleted)
		}
		return err
	}
}
