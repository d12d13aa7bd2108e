package integration

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/planreport"
)

// plan asks the operator what applying the objects would change, as kubectl followup does.
func (o *operator) plan(ns *namespace, objects ...client.Object) planreport.Report {
	ns.t.Helper()
	var body bytes.Buffer
	for _, object := range objects {
		if err := json.NewEncoder(&body).Encode(ns.apply(object, client.DryRunAll)); err != nil {
			ns.t.Fatal(err)
		}
	}
	recorded := httptest.NewRecorder()
	o.planner.Handler().ServeHTTP(recorded, httptest.NewRequestWithContext(ns.t.Context(), http.MethodPost, "/plan", &body))
	if recorded.Code != http.StatusOK {
		ns.t.Fatalf("plan: %d %s", recorded.Code, recorded.Body)
	}
	if strings.Contains(recorded.Body.String(), planted) {
		ns.t.Errorf("a secret is in the plan: %s", recorded.Body)
	}
	var report planreport.Report
	if err := json.Unmarshal(recorded.Body.Bytes(), &report); err != nil {
		ns.t.Fatal(err)
	}
	return report
}

func ready(object planreport.Object) string {
	if len(object.Conditions) == 0 {
		return object.Error
	}
	return object.Conditions[0].Type + " " + string(object.Conditions[0].Status) + " " + object.Conditions[0].Reason
}

func changed(object planreport.Object) (all []string) {
	for _, row := range object.Rows {
		all = append(all, string(row.Action)+" "+row.Table)
	}
	for _, resource := range object.Kubernetes {
		all = append(all, strings.TrimSpace(string(resource.Action)+" "+resource.Kind+" "+resource.Name+" "+strings.Join(resource.Fields, " ")))
	}
	for _, secret := range object.Secrets {
		all = append(all, secret.Field+" "+string(secret.State))
	}
	slices.Sort(all)
	return all
}

func TestAPlanOfAllThatIsNewSaysWhatThenHappens(t *testing.T) {
	o := newOperator(t)
	ns := newNamespace(t)
	versions := ns.resourceVersions()
	connection := newConnection("acme-crono", "acme")
	connection.Spec.AccountMappings = []v1alpha1.AccountMapping{{Domain: "globex.example", AccountName: "Globex"}}
	globex := newTenant("globex")
	globex.Spec.Workspace.TeamID = "T0000000002"
	globex.Spec.Slack.Credentials, globex.Spec.Fathom.Credentials = named("globex", "bot"), named("globex", "fathom")
	secret := newSecret("globex", v1alpha1.LabelTenant, "globex", map[string]string{"bot": botToken, "fathom": "not a key"})
	given := []client.Object{connection, newTenant("acme"), globex, newSlackApp("followup"), secret} // in any order
	report := o.plan(ns, given...)

	got := map[string][]string{}
	for _, object := range report.Objects {
		got[object.Kind+" "+object.Name] = append([]string{string(object.Action), ready(object)}, changed(object)...)
	}
	want := map[string][]string{
		"SlackApp followup": {
			"create", "Ready False ExternalSecretPending",
			"create Deployment followup-webhook", "create ExternalSecret slackapp-followup-slack",
			"create RoleBinding followup-webhook", "create Secret followup-webhook-dsn", "create Service followup-webhook",
			"create ServiceAccount followup-webhook", "spec.slack.credentials to be fetched",
		},
		"Tenant acme": {
			"create", "Ready False ExternalSecretPending", "create ExternalSecret tenant-acme-fathom", "create ExternalSecret tenant-acme-slack",
			"create tenants", "spec.fathom.credentials to be fetched", "spec.slack.credentials to be fetched",
		},
		"Tenant globex": {
			"create", "Ready False SecretInvalid", "create tenants", "spec.fathom.credentials invalid", "spec.slack.credentials present",
			"update tenant_runtime",
		},
		"CRMConnection acme-crono": {
			"create", "Ready False ExternalSecretPending", "create ExternalSecret crmconnection-acme-crono", "create crm_connections",
			"spec.credentials to be fetched", "update account_mappings",
		},
		"Secret globex": {"create", ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
	if now := ns.resourceVersions(); !maps.Equal(now, versions) {
		t.Errorf("objects are %v, were %v", now, versions)
	}
	if rows := o.versions(t); rows != "" {
		t.Errorf("rows:\n%s", rows)
	}

	for _, object := range given {
		object.SetNamespace(ns.name)
		ns.apply(object)
	}
	ns.awaitReady(connection, metav1.ConditionFalse, v1alpha1.ReasonExternalSecretPending)
	ns.awaitReady(globex, metav1.ConditionFalse, v1alpha1.ReasonSecretInvalid)
	for _, object := range report.Objects {
		ns.mustHaveHappened(o, object)
	}
}

// mustHaveHappened checks that what was planned for a new object is there.
func (ns *namespace) mustHaveHappened(o *operator, planned planreport.Object) {
	ns.t.Helper()
	there := ns.resourceVersions()
	for _, resource := range planned.Kubernetes {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(there)), func(name string) bool {
			return strings.HasSuffix(name, "."+resource.Kind+" "+resource.Name)
		}) && resource.Kind != "Secret" { // of which resourceVersions has none
			ns.t.Errorf("%s %s was planned, and is not in %v", resource.Kind, resource.Name, slices.Sorted(maps.Keys(there)))
		}
	}
	const tenant = `SELECT coalesce((to_jsonb(t) || to_jsonb(r))->>$2, '') FROM followup.tenants t JOIN followup.tenant_runtime r ON r.tenant_id = t.id WHERE owner_name = $1`
	for table, query := range map[string]string{
		"tenants": tenant, "crm_connections": `SELECT coalesce(to_jsonb(c)->>$2, '') FROM followup.crm_connections c WHERE owner_name = $1`,
	} {
		for _, row := range planned.Rows {
			for _, column := range row.Changes {
				if row.Table != table || column.Column == "owner_uid" { // a dry run's is of the dry run
					continue
				}
				if got := o.query(ns.t, query, planned.Name, column.Column); !slices.Equal(got, []string{column.To}) {
					ns.t.Errorf("%s of %s %s is %q, and %q was planned", column.Column, planned.Kind, planned.Name, got, column.To)
				}
			}
		}
	}
}

func TestAPlanOfAChangeSaysWhatThenChanges(t *testing.T) {
	o, ns := everything(t)
	rows, versions := o.versions(t), ns.resourceVersions()
	acme := newTenant("acme")
	acme.Spec.Plan, acme.Spec.StopPolicy = v1alpha1.PlanFree, v1alpha1.StopHold
	acme.Spec.Fathom.Credentials.ExternalSecret.Key = "another"
	report := o.plan(ns, acme, newGoogleConnection("acme-google", "acme"))

	planned := report.Objects[0]
	if got := []string{string(planned.Action), ready(planned)}; !slices.Equal(got, []string{"update", "Ready False ExternalSecretPending"}) {
		t.Errorf("the Tenant: %q", got)
	}
	if want := []string{"spec.fathom.credentials.externalSecret.key", "spec.plan", "spec.stopPolicy"}; !slices.Equal(planned.Fields, want) {
		t.Errorf("fields %q", planned.Fields)
	}
	var columns []string
	for _, change := range planned.Rows[0].Changes {
		if change.Column != "quotas" { // all of the plan's
			columns = append(columns, change.Column+" "+change.From+" > "+change.To)
		}
	}
	want := []string{"held false > true", "minute_limit 120 > 30", "plan_tier pro > free", "subscription_status active > suspended"}
	if diff := cmp.Diff(want, columns); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	if got := changed(planned); !slices.Contains(got, "update ExternalSecret tenant-acme-fathom spec.data") {
		t.Errorf("changes %q", got)
	}
	if unchanged := report.Objects[1]; unchanged.Action != planreport.Unchanged || len(unchanged.Rows)+len(unchanged.Kubernetes) > 0 || ready(unchanged) != "Ready True Ready" {
		t.Errorf("the connection: %+v", unchanged)
	}
	if now := o.versions(t); now != rows {
		t.Errorf("rows:\n%s\nwere:\n%s", now, rows)
	}
	if now := ns.resourceVersions(); !maps.Equal(now, versions) {
		t.Errorf("objects are %v, were %v", now, versions)
	}

	live := &v1alpha1.Tenant{ObjectMeta: ns.meta("acme")}
	change(ns, live, func(tenant *v1alpha1.Tenant) { tenant.Spec = acme.Spec })
	ns.awaitReady(live, metav1.ConditionFalse, v1alpha1.ReasonExternalSecretPending)
	mustContain(t, o.tenant(t, ns, "acme"), "free 30 suspended held=true")
}

// An app's plans are its Tenants' limits.
func TestAPlanSaysWhatItChangesOfOthers(t *testing.T) {
	o, ns := everything(t)
	app := slackAppOfEverything()
	app.Spec.Plans = []v1alpha1.SlackAppPlan{{Name: v1alpha1.PlanPro, Limits: []v1alpha1.Limit{
		{Resource: v1alpha1.APICalls, Period: v1alpha1.PerMinute, Limit: 7},
	}}}
	report := o.plan(ns, app)
	slices.SortFunc(report.Dependents, func(a, b planreport.Object) int { return strings.Compare(a.Name, b.Name) })
	var got []string
	for _, dependent := range report.Dependents {
		for _, change := range dependent.Rows[0].Changes {
			if change.Column == "minute_limit" {
				got = append(got, dependent.Kind+" "+dependent.Name+" "+change.From+" > "+change.To)
			}
		}
	}
	if want := []string{"Tenant acme 120 > 7", "Tenant globex 120 > 7"}; !slices.Equal(got, want) {
		t.Errorf("dependents %q, want %q", got, want)
	}
	if report.Summary.Rows != 2 {
		t.Errorf("summary %+v", report.Summary)
	}
}

func TestAPlanTellsWhatWouldBeRefused(t *testing.T) {
	o, ns := everything(t)
	rows := o.versions(t)
	thief := newTenant("thief")
	lost := newTenant("lost")
	lost.Spec.Workspace.TeamID, lost.Spec.Plan = "T0000000009", "gold"
	report := o.plan(ns, thief, lost, newConnection("orphan", "nobody"), newSlackApp("second"))
	for i, want := range []string{
		"Ready False WorkspaceAlreadyClaimed", "Ready False PlanNotFound", "Ready False TenantNotFound", "Ready False NamespaceTaken",
	} {
		if got := ready(report.Objects[i]); got != want || len(report.Objects[i].Rows)+len(report.Objects[i].Kubernetes) > 0 {
			t.Errorf("%s: %s, %q; want %s and nothing else", report.Objects[i].Name, got, changed(report.Objects[i]), want)
		}
	}
	if report.Summary != (planreport.Summary{Objects: 4, NotReady: 4}) || !report.Changes() {
		t.Errorf("summary %+v", report.Summary)
	}
	if now := o.versions(t); now != rows {
		t.Errorf("rows:\n%s\nwere:\n%s", now, rows)
	}
}

func TestAPlanRefusesWhatItCannotRead(t *testing.T) {
	o := newOperator(t)
	for name, tc := range map[string]struct {
		body string
		code int
		says string
	}{
		"nothing":  {"---\n---\n", http.StatusBadRequest, "no object to plan"},
		"no YAML":  {"a: b: c", http.StatusBadRequest, "object 1 is neither YAML nor JSON"},
		"no name":  {"apiVersion: v1\nkind: Secret\n", http.StatusBadRequest, "metadata.name"},
		"too many": {strings.Repeat("---\napiVersion: v1\nkind: Secret\nmetadata: {name: x}\n", 101), http.StatusBadRequest, "100 objects"},
		"too much": {"a: " + strings.Repeat("x", 1<<20), http.StatusRequestEntityTooLarge, "fewer objects"},
	} {
		t.Run(name, func(t *testing.T) {
			recorded := httptest.NewRecorder()
			o.planner.Handler().ServeHTTP(recorded, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/plan", strings.NewReader(tc.body)))
			if recorded.Code != tc.code || !strings.Contains(recorded.Body.String(), tc.says) {
				t.Errorf("%d %s", recorded.Code, recorded.Body)
			}
		})
	}
}
