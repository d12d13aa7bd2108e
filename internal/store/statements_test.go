package store

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

type role = string

const (
	asOperator role = "followup_operator"
	asWebhook  role = "followup_webhook"
	asWorker   role = "followup_worker"
)

// statements are all SQL constants of this package, with the roles that run them.
var statements = map[string]struct {
	sql   string
	roles []role
}{
	"actionByKey":           {actionByKey, []role{asWorker}},
	"activeConnections":     {activeConnections, []role{asWorker}},
	"addRevision":           {addRevision, []role{asWorker}},
	"admit":                 {admit, []role{asWebhook}},
	"announceRecording":     {announceRecording, []role{asWorker}},
	"announceConnection":    {announceConnection, []role{asOperator}},
	"appChecks":             {appChecks, []role{asWebhook}},
	"changedHealth":         {changedHealth, []role{asOperator}},
	"healthOwners":          {healthOwners, []role{asOperator}},
	"listenHealth":          {listenHealth, []role{asOperator}},
	"saveCheck":             {saveCheck, []role{asWorker}},
	"tenantChecks":          {tenantChecks, []role{asWorker}},
	"beginAction":           {beginAction, []role{asWorker}},
	"beginErasure":          {beginErasure, []role{asOperator}},
	"beginPolling":          {beginPolling, []role{asWorker}},
	"closeGate":             {closeGate, []role{asWorker}},
	"currentRevision":       {currentRevision, []role{asWorker}},
	"disconnect":            {disconnect, []role{asWebhook}},
	"disconnectedOwner":     {disconnectedOwner, []role{asOperator}},
	"disconnectedOwners":    {disconnectedOwners, []role{asOperator}},
	"dropMapping":           {dropMapping, []role{asWorker}},
	"dropOtherMapping":      {dropOtherMapping, []role{asWorker}},
	"emailTone":             {emailTone, []role{asWorker}},
	"ensureAuditPartitions": {ensureAuditPartitions, []role{asOperator}},
	"eraseSome":             {eraseSome, []role{asOperator}},
	"expireDeliveries":      {expireDeliveries, []role{asOperator}},
	"findAction":            {findAction, []role{asWorker}},
	"findClaim":             {findClaim, []role{asOperator}},
	"findConnection":        {findConnection, []role{asOperator}},
	"findMappings":          {findMappings, []role{asWorker}},
	"findRevision":          {findRevision, []role{asWorker}},
	"findSession":           {findSession, []role{asWorker}},
	"findToken":             {findToken, []role{asWorker}},
	"findTombstone":         {findTombstone, []role{asOperator}},
	"findUser":              {findUser, []role{asWorker}},
	"finishErasure":         {finishErasure, []role{asOperator}},
	"finishAction":          {finishAction, []role{asWorker}},
	"forgetAnnouncements":   {forgetAnnouncements, []role{asOperator}},
	"forgetUse":             {forgetUse, []role{asOperator}},
	"forgetRecording":       {forgetRecording, []role{asWorker}},
	"gateClosedUntil":       {gateClosedUntil, []role{asWorker}},
	"held":                  {held, []role{asWebhook}},
	"insertTenant":          {insertTenant, []role{asOperator}},
	"insertToken":           {insertToken, []role{asWorker}},
	"listActions":           {listActions, []role{asWorker}},
	"listedMeetings":        {listedMeetings, []role{asWorker}},
	"listenDisconnections":  {listenDisconnections, []role{asOperator}},
	"listenTenants":         {listenTenants, []role{asWebhook}},
	"lockToken":             {lockToken, []role{asWorker}},
	"markConnection":        {markConnection, []role{asWorker}},
	"notify":                {notify, []role{asOperator, asWebhook, asWorker}},
	"openSession":           {openSession, []role{asWorker}},
	"planAction":            {planAction, []role{asWorker}},
	"pollingSince":          {pollingSince, []role{asWorker}},
	"recordInstallation":    {recordInstallation, []role{asOperator}},
	"rememberMapping":       {rememberMapping, []role{asWorker}},
	"resolveMapping":        {resolveMapping, []role{asWorker}},
	"retireConnections":     {retireConnections, []role{asOperator}},
	"retireTenants":         {retireTenants, []role{asOperator}},
	"scanTenants":           {scanTenants, []role{asOperator}},
	"scanConnections":       {scanConnections, []role{asOperator}},
	"lockQuotas":            {lockQuotas, []role{asWorker}},
	"charge":                {charge, []role{asWorker}},
	"insertConnection":      {insertConnection, []role{asOperator}},
	"updateConnection":      {updateConnection, []role{asOperator}},
	"saveListedMeeting":     {saveListedMeeting, []role{asWorker}},
	"saveMappings":          {saveMappings, []role{asOperator}},
	"saveToken":             {saveToken, []role{asWorker}},
	"saveUser":              {saveUser, []role{asWorker}},
	"sessionUser":           {sessionUser, []role{asWorker}},
	"setCard":               {setCard, []role{asWorker}},
	"setEmailTone":          {setEmailTone, []role{asWorker}},
	"setMatch":              {setMatch, []role{asWorker}},
	"setTenant":             {setTenant, []role{asWebhook, asWorker}},
	"tenantDirectory":       {tenantDirectory, []role{asWebhook}},
	"tenantDirectoryEntry":  {tenantDirectoryEntry, []role{asWebhook}},
	"unresolveMapping":      {unresolveMapping, []role{asWorker}},
	"updateTenant":          {updateTenant, []role{asOperator}},
	"usageOfTenants":        {usageOfTenants, []role{asOperator}},
	"useMapping":            {useMapping, []role{asWorker}},
	"whyDenied":             {whyDenied, []role{asWebhook}},
}

func TestStatementsFitTheSchemaAndTheirRole(t *testing.T) {
	if diff := cmp.Diff(sqlConstants(t), slices.Sorted(maps.Keys(statements))); diff != "" {
		t.Fatalf("SQL constants missing in statements, or the reverse (-constants +statements):\n%s", diff)
	}
	for name, statement := range statements {
		if !strings.HasPrefix(statement.sql, "-- name: "+name+"\n") {
			t.Errorf("%s: its first line must be %q, for who looks at slow statements", name, "-- name: "+name)
		}
	}
	bed := newTestbed(t)
	dbs := map[role]*DB{asOperator: bed.operator, asWebhook: bed.webhook, asWorker: bed.worker}
	for name, statement := range statements {
		for _, role := range statement.roles {
			t.Run(name+" as "+role, func(t *testing.T) {
				conn, err := dbs[role].pool.Acquire(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Release()
				if err := prepare(t.Context(), conn.Conn(), statement.sql); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// prepare has the server parse the statement, and plan it with no values, which also checks the role's rights.
func prepare(ctx context.Context, conn *pgx.Conn, sql string) error {
	if strings.Contains(sql, "\nLISTEN ") {
		_, err := conn.Exec(ctx, sql) // can't be prepared
		return err
	}
	numbered, _, err := pgx.NamedArgs{}.RewriteQuery(ctx, conn, sql, nil)
	if err != nil {
		return err
	}
	description, err := conn.Prepare(ctx, "statement", numbered)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Deallocate(ctx, "statement") }()
	if _, err := conn.Exec(ctx, "SELECT set_config('app.tenant_id', $1, false)", uuid.NewString()); err != nil {
		return err
	}
	values := "(" + strings.TrimSuffix(strings.Repeat("NULL,", len(description.ParamOIDs)), ",") + ")"
	if values == "()" {
		values = ""
	}
	_, err = conn.Exec(ctx, fmt.Sprintf("EXPLAIN EXECUTE statement%s", values))
	return err
}

// sqlConstants returns the names of the constants in this package that hold a statement.
func sqlConstants(t *testing.T) []string {
	t.Helper()
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".go") || strings.HasSuffix(file.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(node ast.Node) bool {
			spec, ok := node.(*ast.ValueSpec)
			if !ok || len(spec.Values) == 0 {
				return true
			}
			if literal, ok := spec.Values[0].(*ast.BasicLit); ok && isSQL(literal) {
				names = append(names, spec.Names[0].Name)
			}
			return true
		})
	}
	slices.Sort(names)
	return names
}

var sqlVerb = regexp.MustCompile(`^(\s*--.*\n)*\s*(SELECT|INSERT|UPDATE|DELETE|WITH|LISTEN|CALL|MERGE)\s`)

func isSQL(literal *ast.BasicLit) bool {
	text, err := strconv.Unquote(literal.Value)
	return literal.Kind == token.STRING && err == nil && sqlVerb.MatchString(text)
}
