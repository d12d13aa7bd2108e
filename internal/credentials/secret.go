package credentials

import "log/slog"

const redacted = "[redacted]"

// Secret holds a credential and keeps it out of everything that prints: fmt with any verb, JSON, text and slog show
// "[redacted]". The zero value is no credential.
type Secret struct {
	// A pointer, because fmt does not call methods on unexported fields: a Secret buried in one prints as an address.
	value *string
}

// NewSecret wraps a credential.
func NewSecret(value string) Secret { return Secret{value: &value} }

// Reveal returns the credential itself, for the header or the key it goes into; "" for the zero value.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// String implements fmt.Stringer.
func (s Secret) String() string { return redacted }

// GoString implements fmt.GoStringer.
func (s Secret) GoString() string { return redacted }

// MarshalText implements encoding.TextMarshaler, which JSON uses too.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }
