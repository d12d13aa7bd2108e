package transfer

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/test/postgres"
)

func TestExportWritesAllRowsOfATenantAndOfNoOther(t *testing.T) {
	database := postgres.New(t)
	operator, err := store.Open(t.Context(), database.Operator, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer operator.Close()
	ids := map[string]uuid.UUID{}
	conn, err := pgx.Connect(t.Context(), database.Admin)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	for team, name := range map[string]string{"T1": "acme", "T2": "globex"} {
		synced, err := operator.Control("cluster").SyncTenant(t.Context(), store.TenantRecord{
			Owner: store.Owner{Namespace: "n", Name: name}, SlackAppID: "A1", SlackTeamID: team, SlackTeamName: name, PlanTier: "pro",
			MinuteLimit: 60, TimeZone: "UTC", Locale: "en", Visibility: "participants",
		})
		if err != nil {
			t.Fatal(err)
		}
		ids[name] = synced.ID
		if _, err := conn.Exec(t.Context(), `INSERT INTO followup.users (tenant_id, slack_user_id, slack_email, slack_real_name, refreshed_at)
			VALUES ($1, $2, 'a@x.example', 'A', now()), ($1, $3, 'b@x.example', 'B', now())`, synced.ID, name+"-ä", name+"-2"); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	told := map[string]int64{}
	manifest, err := Export(t.Context(), database.Admin, ids["acme"], dir, func(file File) { told[file.Name] = file.Rows })
	if err != nil {
		t.Fatal(err)
	}
	if told["tenants.ndjson"] != 1 || told["users.ndjson"] != 2 || told["tenant_runtime.ndjson"] != 1 {
		t.Errorf("told of %v", told)
	}
	for _, file := range manifest.Files {
		path := filepath.Join(dir, file.Name)
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(content)
		if strings.Count(string(content), "\n") != int(file.Rows) || file.SHA256 != hex.EncodeToString(sum[:]) {
			t.Errorf("%s is not what the manifest says: %+v", path, file)
		}
		if strings.Contains(string(content), "globex") || strings.Contains(string(content), ids["globex"].String()) {
			t.Errorf("%s has rows of another tenant", path)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	if users, err := os.ReadFile(filepath.Join(dir, "users.ndjson")); err != nil || !strings.Contains(string(users), "acme-ä") {
		t.Errorf("users %s, %v", users, err)
	}

	if _, err := Export(t.Context(), database.Admin, ids["acme"], dir, func(File) {}); err == nil || !strings.Contains(err.Error(), "there already") {
		t.Errorf("into the same directory: %v", err)
	}
	if _, err := Export(t.Context(), database.Operator, ids["acme"], t.TempDir(), func(File) {}); err == nil || !strings.Contains(err.Error(), "BYPASSRLS") {
		t.Errorf("by a login that is bound: %v", err)
	}
	if _, err := Export(t.Context(), database.Admin, uuid.New(), t.TempDir(), func(File) {}); err == nil || !strings.Contains(err.Error(), "no tenant") {
		t.Errorf("of no tenant: %v", err)
	}
}

// No table is forgotten: what is left out is so by name, and for a reason.
func TestExportKnowsAllTables(t *testing.T) {
	conn, err := pgx.Connect(t.Context(), postgres.New(t).Admin)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	rows, _ := conn.Query(t.Context(), tables)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(names) < 10 {
		t.Fatalf("tables %q, %v", names, err)
	}
	for table, why := range kept {
		if !strings.Contains(" "+strings.Join(names, " ")+" ", " "+table+" ") || why == "" {
			t.Errorf("%s is left out because %q, and is no table of tenants", table, why)
		}
	}
}
