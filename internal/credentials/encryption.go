package credentials

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
)

// encryptionKeyBytes is the size of an AES-256 key.
const encryptionKeyBytes = 32

// Encryption is what values in rows are encrypted with.
type Encryption struct {
	// Keys has the current one first, then the previous one while rows are still encrypted with it.
	Keys []EncryptionKey
}

// EncryptionKey is one AES-256 key.
type EncryptionKey struct {
	ID  string // 8 hexadecimal digits that tell it from another, and nothing of it
	Key Secret // 32 bytes, not text
}

// ParseEncryption reads 32 bytes as plain base64, or JSON {"key", "previous_key"?} with such.
func ParseEncryption(raw []byte) (Encryption, error) {
	values, err := parse(raw, "key", "previous_key")
	if err != nil {
		return Encryption{}, err
	}
	if _, err := values.required("key"); err != nil {
		return Encryption{}, err
	}
	var found Encryption
	for _, name := range []string{"key", "previous_key"} {
		if values[name] == "" {
			continue
		}
		key, err := base64.StdEncoding.Strict().DecodeString(values[name])
		if err != nil || len(key) != encryptionKeyBytes {
			return Encryption{}, &ShapeError{Key: name, Problem: `must be 32 bytes in base64, as "openssl rand -base64 32" makes them`}
		}
		found.Keys = append(found.Keys, EncryptionKey{ID: keyID(key), Key: NewSecret(string(key))})
	}
	return found, nil
}

func keyID(key []byte) string {
	digest := sha256.Sum256(key)
	return hex.EncodeToString(digest[:4])
}
