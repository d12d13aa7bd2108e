package recording

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Two sessions at once: the one that recorded the request, and another's. Text that only looks like a log line is none.
const logged = `650a1b2c.1f 3/17|LOG:  execute <unnamed>: SELECT set_config('app.tenant_id', $1, true)
650a1b2c.1f 3/17|DETAIL:  parameters: $1 = '6c0d7a52-6f0b-4f6a-9d55-0d3c1a6a7b11'
650a1b2c.2a 4/9|LOG:  execute stmtcache_1: SELECT $1::text
650a1b2c.2a 4/9|DETAIL:  parameters: $1 = 'another''s'
650a1b2c.1f 3/17|LOG:  execute stmtcache_2: -- name: admit
	INSERT INTO deliveries
	VALUES ($1, $2, $3)
650a1b2c.1f 3/17|DETAIL:  parameters: $1 = 'f8564e68971b4ec13114db2c32a50d2c', $2 = NULL, $3 = '{"{\"user\": \"U1\", \"url\": \"/T1/1.2.x\", \"said\": \"it''s\"}"}'
650a1b2c.1f 3/18|LOG:  statement: SELECT 1
`

func TestReadFindsTheStatementsOfARequest(t *testing.T) {
	recorded := Request{TenantID: "6c0d7a52-6f0b-4f6a-9d55-0d3c1a6a7b11", TeamID: "T1", UserID: "U1", TriggerID: "1.2.x"}
	statements, err := Read(logged, recorded)
	if err != nil {
		t.Fatal(err)
	}
	type sent struct {
		SQL  string
		Args []any
	}
	var got []sent
	another := Request{TenantID: "tenant", TeamID: "T2", UserID: "U2", TriggerID: "3.4.y"}
	for _, s := range statements {
		got = append(got, sent{s.SQL, s.Args(another)})
	}
	want := []sent{
		{"SELECT set_config('app.tenant_id', $1, true)", []any{"tenant"}},
		{
			"-- name: admit\nINSERT INTO deliveries\nVALUES ($1, $2, $3)",
			[]any{another.key(), nil, `{"{\"user\": \"U2\", \"url\": \"/T2/3.4.y\", \"said\": \"it's\"}"}`},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("for another request (-want +got):\n%s", diff)
	}
}

func TestReadSaysThatARequestIsNotThere(t *testing.T) {
	if statements, err := Read(logged, Request{TriggerID: "unheard of"}); err == nil {
		t.Errorf("found %v", statements)
	}
}
