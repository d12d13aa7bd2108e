package tokens

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"

	"github.com/followup-dev/followup-operator/internal/credentials"
)

// idBytes is the length of the key's ID, which stands before what was encrypted with it.
const idBytes = 8

// errSealed does not say which of the reasons it is, nor what was there.
var errSealed = errors.New("can't be decrypted: its key is not among ours, or it belongs elsewhere")

// Box encrypts what is kept in rows: AES-256-GCM, bound to where it is kept. It is safe for concurrent use.
type Box struct {
	current string
	keys    map[string]cipher.AEAD // by ID
}

// NewBox returns a box that encrypts with the first key and decrypts with any. Keys are credentials.ParseEncryption's: there
// is at least one, and each has 32 bytes.
func NewBox(keys credentials.Encryption) *Box {
	box := &Box{current: keys.Keys[0].ID, keys: map[string]cipher.AEAD{}}
	for _, key := range keys.Keys {
		block, err := aes.NewCipher([]byte(key.Key.Reveal()))
		if err != nil {
			panic(fmt.Errorf("encryption key %s: %w", key.ID, err))
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			panic(fmt.Errorf("encryption key %s: %w", key.ID, err))
		}
		box.keys[key.ID] = aead
	}
	return box
}

// place is where something is kept. What is encrypted for one place can't be decrypted as if it were from another: nobody
// who can write rows gets somebody else's tokens used for them.
type place struct{ tenant, connection, subject, column string }

func (p place) authenticated() []byte {
	return fmt.Appendf(nil, "%q", []string{p.tenant, p.connection, p.subject, p.column})
}

// seal encrypts; there is nothing in what it returns for no secret.
func (b *Box) seal(secret credentials.Secret, at place) []byte {
	if secret.Reveal() == "" {
		return nil
	}
	return b.keys[b.current].Seal([]byte(b.current), nil, []byte(secret.Reveal()), at.authenticated()) //nolint:gosec // the AEAD makes the nonce
}

// open decrypts what seal returned for the same place.
func (b *Box) open(sealed []byte, at place) (credentials.Secret, error) {
	if len(sealed) == 0 {
		return credentials.Secret{}, nil
	}
	if len(sealed) < idBytes {
		return credentials.Secret{}, errSealed
	}
	key, known := b.keys[string(sealed[:idBytes])]
	if !known {
		return credentials.Secret{}, errSealed
	}
	opened, err := key.Open(nil, nil, sealed[idBytes:], at.authenticated())
	if err != nil {
		return credentials.Secret{}, errSealed
	}
	return credentials.NewSecret(string(opened)), nil
}
