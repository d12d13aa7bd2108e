package adapters

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/outcome"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// pulse keeps how a connection fares, as the calls of one run tell.
type pulse struct {
	connections connections
	of          store.Connection
	log         *slog.Logger

	worked atomic.Bool // it is kept already that it works
}

// felt keeps what the end of a call says. That a vendor refused what it was asked, or asks to wait, says nothing: it is there.
// Whether a refused credential breaks the connection, the caller knows.
func (p *pulse) felt(ctx context.Context, err error) {
	failed, _ := errors.AsType[*outcome.Error](err)
	switch {
	case err == nil:
		if !p.worked.Swap(true) {
			p.mark(ctx, store.ConnectionHealth{Worked: true})
		}
	case failed != nil && ctx.Err() == nil && (failed.Class == outcome.Transient || failed.Class == outcome.UnknownOutcome):
		p.worked.Store(false)
		p.mark(ctx, store.ConnectionHealth{NeedsReauthDigest: p.of.NeedsReauthDigest, ErrorCode: codeOf(failed)})
	}
}

func (p *pulse) mark(ctx context.Context, health store.ConnectionHealth) {
	if err := p.connections.MarkConnection(ctx, p.of.ID, health); err != nil {
		p.log.WarnContext(ctx, "health of a connection not kept", "connection", p.of.Name, "error", err)
	}
}

// codeOf is the vendor's or our word for a failure, else the HTTP status.
func codeOf(failed *outcome.Error) string {
	return cmp.Or(failed.Code, fmt.Sprintf("http_%d", failed.Status))
}

// told is *store.Tenant as connections: it tells when a mark is new.
type told struct {
	*store.Tenant

	tell func()
}

// MarkConnection implements connections.
func (t told) MarkConnection(ctx context.Context, id uuid.UUID, health store.ConnectionHealth) error {
	changed, err := t.Tenant.MarkConnection(ctx, id, health)
	if changed {
		t.tell()
	}
	return err
}

func (a *Adapters) tell(id tenancy.ID) {
	if a.Tell != nil {
		a.Tell(id)
	}
}
