package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/followup-dev/followup-operator/internal/mappings"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// victim is what an attacker could know of tenant B.
type victim struct {
	id         tenancy.ID
	user       User
	request    Request
	session    Session
	action     Action
	connection uuid.UUID
}

// scene is what an attack has at hand: A's view, and what it knows of B.
type scene struct {
	a              *Tenant
	b              victim
	jobOfA, jobOfB func(context.Context, pgx.Tx) error
}

// attacks calls each exported method of Tenant as tenant A, aiming at B's rows wherever the arguments let it. A new method
// must get its entry here, or in followupAttacks. What A is given is returned.
var attacks = map[string]map[string]func(*testing.T, scene) (any, error){
	"Admit": {
		"with B's key": func(t *testing.T, s scene) (any, error) {
			admission, err := s.a.Admit(t.Context(), s.b.request, s.jobOfA)
			if admission.Verdict != Admitted {
				t.Errorf("verdict = %q: A can tell that B had this request", admission.Verdict)
			}
			return admission, err
		},
		"with a job of B's": func(t *testing.T, s scene) (any, error) {
			admission, err := s.a.Admit(t.Context(), request("k-a"), s.jobOfB)
			if err == nil {
				t.Error("A enqueued a job for B")
			}
			return admission, nil
		},
	},
	"Disconnect": {
		"with B's event": func(t *testing.T, s scene) (any, error) {
			verdict, err := s.a.Disconnect(t.Context(), SlackEvent{Key: "Ev-both", Reason: AppUninstalled, At: time.Now()})
			if verdict != EventDisconnected {
				t.Errorf("verdict = %q: A can tell that B had this event", verdict)
			}
			return verdict, err
		},
	},
	"FindUser": {
		"of B": func(t *testing.T, s scene) (any, error) {
			user, err := s.a.FindUser(t.Context(), s.b.user.SlackUserID)
			if !errors.Is(err, ErrNotFound) {
				t.Errorf("error = %v, want ErrNotFound", err)
			}
			return user, nil
		},
	},
	"SaveUser": {
		"with B's user's IDs": func(t *testing.T, s scene) (any, error) {
			return s.a.SaveUser(t.Context(), User{ID: s.b.user.ID, SlackUserID: s.b.user.SlackUserID, Email: "alpha"})
		},
	},
	"Held": {
		"of itself, which is all that it can ask": func(t *testing.T, s scene) (any, error) {
			return s.a.Held(t.Context())
		},
	},
	"ListedMeetings": {
		"of B's user": func(t *testing.T, s scene) (any, error) {
			return s.a.ListedMeetings(t.Context(), s.b.user.ID)
		},
	},
	"SaveListedMeetings": {
		"to B's user": func(t *testing.T, s scene) (any, error) {
			err := s.a.SaveListedMeetings(t.Context(), s.b.user.ID, []ListedMeeting{{RecordingID: "1001", Title: "alpha"}})
			if err == nil {
				t.Error("A listed a meeting to B's user")
			}
			return nil, nil
		},
		"B's recording": func(t *testing.T, s scene) (any, error) {
			own, err := s.a.SaveUser(t.Context(), User{SlackUserID: "U-alpha"})
			if err != nil {
				return nil, err
			}
			return nil, s.a.SaveListedMeetings(t.Context(), own.ID, []ListedMeeting{{RecordingID: "1001", Title: "alpha"}})
		},
	},
}

// onWebhook are the methods that run as the webhook's role; the others run as the worker's.
var onWebhook = []string{"Admit", "Disconnect", "Held"}

func TestNoMethodReachesAnotherTenant(t *testing.T) {
	attacks := maps.Clone(attacks)
	maps.Copy(attacks, followupAttacks)
	if diff := cmp.Diff(methodsOf(reflect.TypeFor[*Tenant]()), slices.Sorted(maps.Keys(attacks))); diff != "" {
		t.Fatalf("methods of Tenant without an attack here, or the reverse (-methods +attacks):\n%s", diff)
	}
	for method, calls := range attacks {
		for name, attack := range calls {
			t.Run(method+" "+name, func(t *testing.T) {
				bed := newTestbed(t)
				a := bed.syncTenant(t, tenantRecord("alpha"))
				b := bed.seedVictim(t)
				before := bed.rowsOf(t, b.id)
				role := bed.worker
				if slices.Contains(onWebhook, method) {
					role = bed.webhook
				}

				returned, err := attack(t, scene{
					a:      role.Tenant(a),
					b:      b,
					jobOfA: enqueueJob(t, bed.webhook, a),
					jobOfB: enqueueJob(t, bed.webhook, b.id),
				})
				if err != nil {
					t.Errorf("error: %v", err)
				}
				if text := fmt.Sprintf("%+v", returned); strings.Contains(text, "bravo") || strings.Contains(text, b.user.ID.String()) {
					t.Errorf("A was given what is B's: %s", text)
				}
				if diff := cmp.Diff(before, bed.rowsOf(t, b.id)); diff != "" {
					t.Errorf("B's rows changed (-before +after):\n%s", diff)
				}
			})
		}
	}
}

func methodsOf(of reflect.Type) []string {
	var names []string
	for method := range of.Methods() {
		names = append(names, method.Name)
	}
	slices.Sort(names)
	return names
}

// seedVictim makes tenant B with a row in every table. "bravo" is in all that it alone may see.
func (b testbed) seedVictim(t *testing.T) victim {
	t.Helper()
	record := tenantRecord("bravo")
	record.Quotas = Quotas{"api_calls/daily": 1}
	id := b.syncTenant(t, record)
	connection, err := b.operator.Control(testCluster).SyncConnection(t.Context(), ConnectionRecord{
		Owner: Owner{testCluster, "u", "followup", "bravo"}, TenantID: id, Provider: "crono", Name: "bravo",
	})
	if err != nil {
		t.Fatal(err)
	}
	declared := []mappings.Mapping{{Domain: "bravo.test", AccountName: "bravo"}}
	if err := b.operator.Control(testCluster).SaveMappings(t.Context(), id, connection.ID, declared); err != nil {
		t.Fatal(err)
	}
	tenant := b.worker.Tenant(id)
	seen := b.seedFollowup(t, tenant, connection.ID)
	user, err := tenant.SaveUser(t.Context(), User{SlackUserID: "U-both", Email: "ann@bravo.test", RealName: "Ann of bravo"})
	if err != nil {
		t.Fatal(err)
	}
	if err := tenant.SaveListedMeetings(t.Context(), user.ID, []ListedMeeting{{RecordingID: "1001", Title: "bravo", Date: time.Now()}}); err != nil {
		t.Fatal(err)
	}
	admitted := request("k-both")
	if _, err := b.webhook.Tenant(id).Admit(t.Context(), admitted, enqueueJob(t, b.webhook, id)); err != nil {
		t.Fatal(err)
	}
	if _, err := b.webhook.Tenant(id).Disconnect(t.Context(), SlackEvent{Key: "Ev-both", Reason: TokensRevoked, At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	return victim{id: id, user: user, request: admitted, session: seen.session, action: seen.action, connection: connection.ID}
}

// rowsOf returns every row of a tenant, in every table there is, as text. Each table must have one, or it proves nothing.
func (b testbed) rowsOf(t *testing.T, id uuid.UUID) map[string][]string {
	t.Helper()
	tables := queryOne[[]string](t, b, `
		SELECT array_agg(c.oid::regclass::text) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relnamespace = 'followup'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
		  AND a.attname = 'tenant_id' AND c.relname <> 'tenant_tombstones'`)
	conditions := map[string]string{"followup.tenants": "id = $1", "river.river_job": "args->>'tenant_id' = $1::text"}
	for _, table := range tables {
		conditions[table] = "tenant_id = $1"
	}
	all := map[string][]string{}
	for table, condition := range conditions {
		rows, _ := b.admin.Query(t.Context(), fmt.Sprintf("SELECT to_jsonb(t)::text FROM %s t WHERE %s ORDER BY 1", table, condition), id)
		texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		if len(texts) == 0 {
			t.Fatalf("seedVictim left %s empty", table)
		}
		all[table] = texts
	}
	return all
}
