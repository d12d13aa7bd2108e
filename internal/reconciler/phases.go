package reconciler

import "context"

// Phase does one thing for the object in the scope, records what it found in the scope, and writes no status.
type Phase[S any] func(ctx context.Context, scope S) error

// Run runs the phases in order up to the first failure: each may rely on what those before it did.
func Run[S any](ctx context.Context, scope S, phases ...Phase[S]) error {
	for _, phase := range phases {
		if err := phase(ctx, scope); err != nil {
			return err
		}
	}
	return nil
}
