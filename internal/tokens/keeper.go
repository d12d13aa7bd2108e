package tokens

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// margin is how long a token has to live to be worth using: longer than a call and a clock's error.
const margin = 60 * time.Second

// Rows keep the tokens of one tenant; *store.Tenant does.
type Rows interface {
	FindToken(ctx context.Context, connection uuid.UUID, subject string) (store.TokenRow, error)
	LockToken(ctx context.Context, connection uuid.UUID, subject string, fn func(context.Context, store.TokenRow) (store.TokenRow, error)) error
}

// Of says whose tokens they are.
type Of struct {
	Tenant     tenancy.ID
	Connection uuid.UUID
	Subject    string // whom the tokens act for
	// Declared is a digest of the credential that they are minted from. When it changes, nothing that is kept counts.
	Declared string
}

func (o Of) place(column string) place {
	return place{tenant: o.Tenant.String(), connection: o.Connection.String(), subject: o.Subject, column: column}
}

// Minted are tokens as the vendor gives them.
type Minted struct {
	Access    credentials.Secret
	ExpiresAt time.Time
	Refresh   credentials.Secret // the zero value if the one that was used stays good
}

// Mint asks the vendor for tokens, with the refresh token that is kept; the zero value stands for the declared one.
type Mint func(ctx context.Context, refresh credentials.Secret) (Minted, error)

// Keeper gives out access tokens. It is safe for concurrent use.
type Keeper struct {
	box  *Box
	rows Rows
	now  func() time.Time
}

// NewKeeper returns the keeper of one tenant's tokens.
func NewKeeper(box *Box, rows Rows, now func() time.Time) *Keeper {
	return &Keeper{box: box, rows: rows, now: now}
}

// Token returns the access token that is kept if it lives 60 s more, else one that is minted and kept. Errors are mint's or
// the rows'.
func (k *Keeper) Token(ctx context.Context, of Of, mint Mint) (credentials.Secret, error) {
	row, err := k.rows.FindToken(ctx, of.Connection, of.Subject)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return credentials.Secret{}, err
	}
	if kept, ok := k.usable(of, row); ok {
		return kept, nil
	}
	return k.Refresh(ctx, of, credentials.Secret{}, mint)
}

// Refresh returns another access token than the one that the vendor has refused: what another caller has minted since, else
// one that is minted now. Errors are as Token's.
func (k *Keeper) Refresh(ctx context.Context, of Of, refused credentials.Secret, mint Mint) (credentials.Secret, error) {
	var token credentials.Secret
	err := k.rows.LockToken(ctx, of.Connection, of.Subject, func(ctx context.Context, row store.TokenRow) (store.TokenRow, error) {
		kept, ok := k.usable(of, row)
		if ok && kept.Reveal() != refused.Reveal() {
			token = kept
			return row, nil
		}
		refresh := k.refresh(of, row)
		minted, err := mint(ctx, refresh)
		if err != nil {
			return store.TokenRow{}, err
		}
		if minted.Refresh.Reveal() == "" {
			minted.Refresh = refresh
		}
		token = minted.Access
		return k.sealed(of, minted), nil
	})
	if err != nil {
		return credentials.Secret{}, err
	}
	return token, nil
}

// usable returns the access token of a row. One that can't be decrypted is not there: another is minted in its place.
func (k *Keeper) usable(of Of, row store.TokenRow) (credentials.Secret, bool) {
	if row.DeclaredDigest != of.Declared || row.ExpiresAt.Sub(k.now()) < margin {
		return credentials.Secret{}, false
	}
	token, err := k.box.open(row.AccessToken, of.place("access"))
	return token, err == nil && token.Reveal() != ""
}

func (k *Keeper) refresh(of Of, row store.TokenRow) credentials.Secret {
	if row.DeclaredDigest != of.Declared {
		return credentials.Secret{}
	}
	token, err := k.box.open(row.RefreshToken, of.place("refresh"))
	if err != nil {
		return credentials.Secret{}
	}
	return token
}

func (k *Keeper) sealed(of Of, minted Minted) store.TokenRow {
	return store.TokenRow{
		DeclaredDigest: of.Declared,
		AccessToken:    k.box.seal(minted.Access, of.place("access")),
		RefreshToken:   k.box.seal(minted.Refresh, of.place("refresh")),
		ExpiresAt:      minted.ExpiresAt,
	}
}
