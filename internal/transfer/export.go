package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Manifest is what an export has.
type Manifest struct {
	TenantID string            `json:"tenantID"`
	Files    []File            `json:"files"`
	LeftOut  map[string]string `json:"leftOut"` // tables, and why
}

// File is one file of an export.
type File struct {
	Name   string `json:"name"`
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"` // in hexadecimal
}

// kept are tables of which an export takes nothing.
var kept = map[string]string{ //nolint:gosec // names of tables
	"connection_tokens": "tokens, encrypted with a key that stays here; they are made anew from the credentials",
	"vendor_gates":      "how long a provider wants to be left alone, which is over in minutes",
	"tenant_tombstones": "they tell of erased tenants",
}

// tables are all that have rows of tenants; partitions are of theirs.
const tables = `SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
WHERE n.nspname = 'followup' AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attname = 'tenant_id' AND NOT a.attisdropped
ORDER BY c.relname`

// Export writes each row of a tenant into files of dir, one for each table with a JSON object in each line, and manifest.json. All is of
// one moment, and nothing is changed. progress is told of each table that is written. The login must be one that row level security
// does not bind: a superuser, or a role with BYPASSRLS.
func Export(ctx context.Context, dsn string, tenant uuid.UUID, dir string, progress func(File)) (Manifest, error) {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return Manifest{}, errors.New("the database can't be reached: is the DSN right, and the server up") // pgx's words quote the DSN
	}
	defer conn.Close(context.WithoutCancel(ctx))
	manifest := Manifest{TenantID: tenant.String(), LeftOut: kept}
	err = pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL row_security = off"); err != nil {
			return err
		}
		rows, _ := tx.Query(ctx, tables)
		names, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		for _, name := range append([]string{"tenants"}, names...) {
			if _, left := kept[name]; left {
				continue
			}
			file, err := exportTable(ctx, tx, name, tenant, dir)
			if err != nil {
				return fmt.Errorf("table %s: %w", name, err)
			}
			manifest.Files = append(manifest.Files, file)
			progress(file)
		}
		return nil
	})
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Code == "42501" {
		return Manifest{}, fmt.Errorf("%w: use the DSN of a superuser, or of a role with BYPASSRLS", err)
	}
	if err != nil {
		return Manifest{}, err
	}
	if manifest.Files[0].Rows == 0 {
		return Manifest{}, fmt.Errorf("the database has no tenant %s: is it the operator's", tenant)
	}
	return manifest, WriteJSON(filepath.Join(dir, "manifest.json"), manifest)
}

func exportTable(ctx context.Context, tx pgx.Tx, table string, tenant uuid.UUID, dir string) (_ File, err error) {
	column := "tenant_id"
	if table == "tenants" {
		column = "id"
	}
	file := File{Name: table + ".ndjson"}
	output, err := create(filepath.Join(dir, file.Name))
	if err != nil {
		return File{}, err
	}
	defer func() { err = errors.Join(err, output.Close()) }()
	hash := sha256.New()
	rows, err := tx.Query(ctx, "SELECT to_jsonb(r)::text FROM "+pgx.Identifier{"followup", table}.Sanitize()+" r WHERE "+column+" = $1 ORDER BY 1", tenant)
	if err != nil {
		return File{}, err
	}
	defer rows.Close()
	for rows.Next() {
		var row string
		if err := rows.Scan(&row); err != nil {
			return File{}, err
		}
		if _, err := io.WriteString(io.MultiWriter(output, hash), row+"\n"); err != nil {
			return File{}, err
		}
		file.Rows++
	}
	file.SHA256 = hex.EncodeToString(hash.Sum(nil))
	return file, rows.Err()
}

// create makes a file that only its owner reads, and leaves alone what is there.
func create(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("%s is there already; name an empty directory", path)
	}
	return file, err
}

// Write makes a file that only its owner reads, and leaves alone what is there.
func Write(path string, content []byte) (err error) {
	file, err := create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	_, err = file.Write(content)
	return err
}

// WriteJSON is Write of a value.
func WriteJSON(path string, value any) error {
	encoded, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	return Write(path, append(encoded, '\n'))
}
