package schema

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// LoginDSNs are the DSNs of the three roles that programs log in as.
type LoginDSNs struct {
	Operator string
	Webhook  string
	Worker   string
}

// String keeps the passwords out of logs.
func (LoginDSNs) String() string { return "[redacted]" }

// GoString keeps the passwords out of %#v.
func (LoginDSNs) GoString() string { return "[redacted]" }

// LogValue keeps the passwords out of structured logs.
func (LoginDSNs) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// Logins lets the three roles log in to the migrated database that adminDSN names, and returns their DSNs: the
// admin's with another user. Passwords are derived from a key that only the owner reads, so every caller gets the same
// ones; the server is sent verifiers, never passwords. A role that can log in already is left alone.
func Logins(ctx context.Context, adminDSN string) (LoginDSNs, error) {
	var logins LoginDSNs
	err := whileLocked(ctx, adminDSN, func(admin *sql.Conn) error {
		key, created, err := loginKey(ctx, adminDSN)
		if err != nil {
			return fmt.Errorf("read the key of the login passwords (is the database migrated?): %w", err)
		}
		for role, dsn := range map[string]*string{
			"followup_operator": &logins.Operator,
			"followup_webhook":  &logins.Webhook,
			"followup_worker":   &logins.Worker,
		} {
			if *dsn, err = ensureLogin(ctx, admin, adminDSN, role, derivePassword(key, role), created); err != nil {
				return fmt.Errorf("login %s: %w", role, err)
			}
		}
		return nil
	})
	return logins, err
}

// loginKey returns the key, and whether it was made just now.
func loginKey(ctx context.Context, adminDSN string) (key []byte, created bool, err error) {
	config, err := parseDSN(adminDSN)
	if err != nil {
		return nil, false, err
	}
	asOwner(config)
	db := stdlib.OpenDB(*config)
	defer db.Close()

	err = db.QueryRowContext(ctx, "SELECT key FROM followup.login_keys").Scan(&key)
	if !errors.Is(err, sql.ErrNoRows) {
		return key, false, err
	}
	err = db.QueryRowContext(ctx, "INSERT INTO followup.login_keys DEFAULT VALUES RETURNING key").Scan(&key)
	return key, true, err
}

// ensureLogin sets the role's password unless it is set. Trying it is the only way to know: no one but a superuser can
// read verifiers, and a server that trusts the admin's host accepts any (hence force, when the key is new).
func ensureLogin(ctx context.Context, admin *sql.Conn, adminDSN, role, password string, force bool) (string, error) {
	dsn, err := withLogin(adminDSN, role, password)
	if err != nil {
		return "", err
	}
	if !force {
		ok, err := accepts(ctx, dsn)
		if ok || err != nil {
			return dsn, err
		}
	}
	verifier, err := scramVerifier(password)
	if err != nil {
		return "", err
	}
	_, err = admin.ExecContext(ctx, fmt.Sprintf("ALTER ROLE %s PASSWORD '%s'", role, verifier))
	return dsn, err
}

func accepts(ctx context.Context, dsn string) (bool, error) {
	config, err := parseDSN(dsn)
	if err != nil {
		return false, err
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err == nil {
		return true, conn.Close(ctx)
	}
	// Class 28: invalid authorization specification.
	if refused := (*pgconn.PgError)(nil); errors.As(err, &refused) && strings.HasPrefix(refused.Code, "28") {
		return false, nil
	}
	return false, err
}

func derivePassword(key []byte, role string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(role))
	return hex.EncodeToString(mac.Sum(nil))
}

// scramVerifier computes what Postgres stores for a password.
//
// Source: https://www.postgresql.org/docs/15/catalog-pg-authid.html and RFC 5802 section 3.
func scramVerifier(password string) (string, error) {
	const iterations = 4096 // the server's own default
	salt := make([]byte, 16)
	rand.Read(salt) // never fails
	salted, err := pbkdf2.Key(sha256.New, password, salt, iterations, sha256.Size)
	if err != nil {
		return "", err
	}
	mac := func(text string) []byte {
		h := hmac.New(sha256.New, salted)
		h.Write([]byte(text))
		return h.Sum(nil)
	}
	stored := sha256.Sum256(mac("Client Key"))
	encode := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", iterations, encode(salt), encode(stored[:]), encode(mac("Server Key"))), nil
}

// withLogin returns the DSN with another user and password, in either form that libpq knows.
func withLogin(dsn, user, password string) (string, error) {
	if !strings.HasPrefix(dsn, "postgres://") && !strings.HasPrefix(dsn, "postgresql://") {
		return fmt.Sprintf("%s user=%s password=%s", dsn, user, password), nil // of two, the later counts
	}
	parsed, err := url.Parse(dsn)
	if err != nil {
		return "", errDSN
	}
	parsed.User = url.UserPassword(user, password)
	query := parsed.Query()
	query.Del("user")
	query.Del("password")
	parsed.RawQuery = query.Encode()
	return parsed.String(), nil
}
