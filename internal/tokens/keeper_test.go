package tokens

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/store"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// rows are one row, behind one lock, as store.Tenant's are. Package store tests its own.
type rows struct {
	lock sync.Mutex
	mu   sync.Mutex
	row  store.TokenRow
}

func (r *rows) FindToken(context.Context, uuid.UUID, string) (store.TokenRow, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.row.DeclaredDigest == "" {
		return store.TokenRow{}, store.ErrNotFound
	}
	return r.row, nil
}

func (r *rows) LockToken(ctx context.Context, _ uuid.UUID, _ string, fn func(context.Context, store.TokenRow) (store.TokenRow, error)) error {
	r.lock.Lock()
	defer r.lock.Unlock()
	row, err := fn(ctx, r.row)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.row = row
	return nil
}

// vendor hands out numbered tokens that live an hour, and takes each refresh token once if it rotates them.
type vendor struct {
	mu      sync.Mutex
	rotates bool
	minted  int
	asked   []string // the refresh tokens
	err     error
}

func (v *vendor) mint(_ context.Context, refresh credentials.Secret) (Minted, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.asked = append(v.asked, refresh.Reveal())
	if v.err != nil {
		return Minted{}, v.err
	}
	v.minted++
	minted := Minted{Access: credentials.NewSecret(fmt.Sprintf("access-%d", v.minted)), ExpiresAt: noon.Add(time.Hour)}
	if v.rotates {
		minted.Refresh = credentials.NewSecret(fmt.Sprintf("refresh-%d", v.minted))
	}
	return minted, nil
}

var of = Of{Tenant: uuid.Max, Connection: uuid.Max, Subject: "ada@acme.example", Declared: "digest-1"}

func keeper(t *testing.T, r *rows, at time.Time) *Keeper {
	t.Helper()
	return NewKeeper(NewBox(keys(t, "one")), r, func() time.Time { return at })
}

// want fails unless the token is the one.
func want(t *testing.T, token string, got credentials.Secret, err error) {
	t.Helper()
	if err != nil || got.Reveal() != token {
		t.Fatalf("got %q, %v; want %q", got.Reveal(), err, token)
	}
}

func TestATokenIsUsedWhileItLives(t *testing.T) {
	for name, tc := range map[string]struct {
		at   time.Time
		want string
	}{
		"at once":            {noon, "access-1"},
		"a minute before":    {noon.Add(59 * time.Minute), "access-1"},
		"in its last minute": {noon.Add(59*time.Minute + time.Second), "access-2"},
		"afterwards":         {noon.Add(2 * time.Hour), "access-2"},
	} {
		t.Run(name, func(t *testing.T) {
			kept, google := &rows{}, &vendor{}
			got, err := keeper(t, kept, noon).Token(t.Context(), of, google.mint)
			want(t, "access-1", got, err)
			got, err = keeper(t, kept, tc.at).Token(t.Context(), of, google.mint)
			want(t, tc.want, got, err)
		})
	}
}

func TestARefusedTokenIsMintedAnewOnce(t *testing.T) {
	kept, google := &rows{}, &vendor{}
	first, err := keeper(t, kept, noon).Token(t.Context(), of, google.mint)
	want(t, "access-1", first, err)
	got, err := keeper(t, kept, noon).Refresh(t.Context(), of, first, google.mint)
	want(t, "access-2", got, err)
	got, err = keeper(t, kept, noon).Refresh(t.Context(), of, first, google.mint) // by another replica, whose call was refused as well
	want(t, "access-2", got, err)
}

func TestManyAskAndOneMints(t *testing.T) {
	kept, google := &rows{}, &vendor{}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if got, err := keeper(t, kept, noon).Token(t.Context(), of, google.mint); err != nil || got.Reveal() != "access-1" {
				t.Errorf("got %q, %v", got.Reveal(), err)
			}
		})
	}
	all.Wait()
	if google.minted != 1 {
		t.Errorf("minted %d times, want once", google.minted)
	}
}

func TestARotatedRefreshTokenIsKeptBeforeItsTokenIsUsed(t *testing.T) {
	kept, google := &rows{}, &vendor{rotates: true}
	first, err := keeper(t, kept, noon).Token(t.Context(), of, google.mint)
	want(t, "access-1", first, err)
	got, err := keeper(t, kept, noon).Refresh(t.Context(), of, first, google.mint)
	want(t, "access-2", got, err)
	google.rotates = false // the last one stays good, and stays kept
	for _, refused := range []string{"access-2", "access-3"} {
		_, err = keeper(t, kept, noon).Refresh(t.Context(), of, credentials.NewSecret(refused), google.mint)
	}
	if err != nil || fmt.Sprint(google.asked) != "[ refresh-1 refresh-2 refresh-2]" {
		t.Errorf("asked with %q, %v", google.asked, err)
	}
}

func TestAnotherDeclaredCredentialCounts(t *testing.T) {
	kept, google := &rows{}, &vendor{rotates: true}
	got, err := keeper(t, kept, noon).Token(t.Context(), of, google.mint)
	want(t, "access-1", got, err)
	changed := of
	changed.Declared = "digest-2"
	got, err = keeper(t, kept, noon).Token(t.Context(), changed, google.mint)
	want(t, "access-2", got, err)
	if fmt.Sprint(google.asked) != "[ ]" {
		t.Errorf("asked with %q, want the declared one both times", google.asked)
	}
}

func TestWhatCantBeDecryptedIsMintedAnew(t *testing.T) {
	kept, google := &rows{}, &vendor{}
	got, err := keeper(t, kept, noon).Token(t.Context(), of, google.mint)
	want(t, "access-1", got, err)
	replaced := NewKeeper(NewBox(keys(t, "another")), kept, func() time.Time { return noon })
	got, err = replaced.Token(t.Context(), of, google.mint)
	want(t, "access-2", got, err)
}

func TestAFailureIsTheVendorsAndKeepsWhatIsThere(t *testing.T) {
	kept, google := &rows{}, &vendor{}
	first, err := keeper(t, kept, noon).Token(t.Context(), of, google.mint)
	want(t, "access-1", first, err)
	google.err = errors.New("invalid_grant")
	if got, err := keeper(t, kept, noon).Refresh(t.Context(), of, first, google.mint); !errors.Is(err, google.err) || got.Reveal() != "" {
		t.Errorf("got %q, %v; want the vendor's error", got.Reveal(), err)
	}
	got, err := keeper(t, kept, noon).Token(t.Context(), of, google.mint)
	want(t, "access-1", got, err)
}
