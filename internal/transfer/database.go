package transfer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

// Database is what the single-tenant bot's database, in the schema public, says of a workspace.
type Database struct {
	Plan        string           `json:"plan"`
	TimeZone    string           `json:"timeZone"`
	Locale      string           `json:"locale"`
	TrialEndsAt *time.Time       `json:"trialEndsAt,omitempty"`
	LeftOut     map[string]int64 `json:"leftOut"` // rows that are not taken, by table

	mappings []mappingRow
}

type mappingRow struct {
	Domain  string `db:"email_domain"`
	Company string `db:"company_name"`
}

// ReadDatabase reads what the database says of the workspace, in one snapshot, and changes nothing.
func ReadDatabase(ctx context.Context, dsn, slackTeamID string) (*Database, error) {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return nil, errors.New("the bot's database can't be reached: is the DSN right, and the server up") // pgx's words quote the DSN
	}
	defer conn.Close(context.WithoutCancel(ctx))
	found := &Database{LeftOut: map[string]int64{}}
	err = pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		var id string
		err := tx.QueryRow(ctx, `SELECT id::text, coalesce(plan_tier, ''), coalesce(timezone, ''), coalesce(locale, ''),
			CASE WHEN subscription_status = 'trial' THEN trial_ends_at END
			FROM public.tenants WHERE slack_team_id = $1 AND deleted_at IS NULL`, slackTeamID).
			Scan(&id, &found.Plan, &found.TimeZone, &found.Locale, &found.TrialEndsAt)
		if errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("the bot's database has no tenant of the workspace %s; look at SLACK_TEAM_ID", slackTeamID)
		}
		if err != nil {
			return err
		}
		rows, _ := tx.Query(ctx, `SELECT email_domain, company_name FROM public.account_mappings
			WHERE tenant_id = $1::uuid AND deleted_at IS NULL AND company_name <> '' ORDER BY email_domain`, id)
		if found.mappings, err = pgx.CollectRows(rows, pgx.RowToStructByName[mappingRow]); err != nil {
			return err
		}
		return found.countLeftOut(ctx, tx, id)
	})
	if err != nil {
		return nil, fmt.Errorf("read the bot's database: %w", err)
	}
	return found, nil
}

// leftOut are the tables whose rows have no place here.
var leftOut = []string{"users", "meeting_sessions", "user_settings", "audit_logs", "api_rate_limits"}

func (d *Database) countLeftOut(ctx context.Context, tx pgx.Tx, id string) error {
	for _, table := range leftOut {
		var count int64
		err := tx.QueryRow(ctx, "SELECT count(*) FROM "+pgx.Identifier{"public", table}.Sanitize()+" WHERE tenant_id = $1::uuid", id).Scan(&count)
		if err != nil {
			return err
		}
		d.LeftOut[table] = count
	}
	return nil
}

// declare puts into the spec what the database says, where the spec can say it.
func (d *Database) declare(spec *v1alpha1.TenantSpec) {
	if d.Plan != "" {
		spec.Plan = v1alpha1.Plan(d.Plan)
	}
	spec.TimeZone = d.TimeZone
	if d.Locale == string(v1alpha1.Italian) {
		spec.Locale = v1alpha1.Italian
	}
	if d.TrialEndsAt != nil {
		spec.TrialEndsAt = new(metav1.NewTime(d.TrialEndsAt.UTC().Truncate(time.Second)))
	}
}
