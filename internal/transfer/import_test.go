package transfer

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	corev1 "k8s.io/api/core/v1"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/test/postgres"
)

const planted = "planted0secret"

// environment is a .env as the bot has it.
const environment = `# the bot
SLACK_BOT_TOKEN=xoxb-` + planted + `
SLACK_SIGNING_SECRET="0123456789abcdef0123456789abcdef"
SLACK_TEAM_ID=T0123456789
SLACK_TEAM_NAME='Acme, Società'
FATHOM_API_KEY=` + planted + `fathom
ANTHROPIC_API_KEY=sk-ant-` + planted + `
CRONO_PUBLIC_KEY=public
CRONO_API_KEY=` + planted + `crono
CRM_PROVIDER=crono
GOOGLE_CLIENT_ID=1.apps.googleusercontent.com
GOOGLE_CLIENT_SECRET=` + planted + `google
DATABASE_URL=postgres://bot:` + planted + `@db/bot
REDIS_URL=redis://redis
EXTRA=1
`

func source() Source {
	return Source{
		Settings: []byte(environment), Mappings: []byte(`{"domain_to_account": {"tinext.example": "Tinext"}, "note": "x"}`),
		Name: "acme", SlackApp: "followup", AppID: "A0123456789", Namespace: "followup",
	}
}

func TestReadMakesObjectsOfAnInstallation(t *testing.T) {
	made, err := Read(source())
	if err != nil {
		t.Fatal(err)
	}
	if len(made.Findings.Problems) > 0 {
		t.Fatalf("problems %q", made.Findings.Problems)
	}
	if text := fmt.Sprintf("%+v", made.Findings); strings.Contains(text, planted) {
		t.Errorf("a secret is told: %s", text)
	}
	var got []string
	for _, setting := range made.Findings.Settings {
		got = append(got, setting.Name+" "+string(setting.Use))
	}
	want := []string{
		"SLACK_BOT_TOKEN used", "SLACK_SIGNING_SECRET used", "SLACK_TEAM_ID used", "SLACK_TEAM_NAME used", "FATHOM_API_KEY used", "ANTHROPIC_API_KEY used",
		"CRONO_PUBLIC_KEY used", "CRONO_API_KEY used", "CRM_PROVIDER left out", "GOOGLE_CLIENT_ID used", "GOOGLE_CLIENT_SECRET used", "DATABASE_URL left out",
		"REDIS_URL left out", "EXTRA left out",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"SlackApp/followup", "Tenant/acme", "CRMConnection/acme-crono"}, made.Findings.Objects); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
	secrets := map[string]string{}
	for _, object := range made.Secrets {
		secret, _ := object.(*corev1.Secret)
		for key, value := range secret.StringData {
			secrets[secret.Name+" "+key+" "+secret.Labels[v1alpha1.LabelTenant]+secret.Labels[v1alpha1.LabelSlackApp]] = value
		}
	}
	if key := secrets["followup-encryption key followup"]; len(key) != 44 {
		t.Errorf("the key is %d characters long", len(key))
	}
	delete(secrets, "followup-encryption key followup")
	if diff := cmp.Diff(map[string]string{
		"followup-slack signing_secret followup": "0123456789abcdef0123456789abcdef",
		"followup-ai api_key followup":           "sk-ant-" + planted,
		"followup-google client followup":        `{"client_id":"1.apps.googleusercontent.com","client_secret":"` + planted + `google"}`,
		"acme-slack bot_token acme":              "xoxb-" + planted,
		"acme-fathom api_key acme":               planted + "fathom",
		"acme-crono keys acme":                   `{"private_key":"` + planted + `crono","public_key":"public"}`,
	}, secrets); diff != "" {
		t.Errorf("secrets (-want +got):\n%s", diff)
	}
	connection, _ := made.Objects[2].(*v1alpha1.CRMConnection)
	if diff := cmp.Diff([]v1alpha1.AccountMapping{{Domain: "tinext.example", AccountName: "Tinext"}}, connection.Spec.AccountMappings); diff != "" {
		t.Errorf("mappings (-want +got):\n%s", diff)
	}
}

func TestReadMakesNothingOfWhatHasToBeMended(t *testing.T) {
	tests := map[string]struct {
		change  func(*Source)
		problem string
	}{
		"no token":         {func(s *Source) { without(s, "SLACK_BOT_TOKEN") }, "SLACK_BOT_TOKEN: it becomes spec.slack.credentials of the Tenant; add it"},
		"another token":    {func(s *Source) { replace(s, "xoxb-", "xoxp-") }, "SLACK_BOT_TOKEN: "},
		"no workspace":     {func(s *Source) { without(s, "SLACK_TEAM_ID") }, "SLACK_TEAM_ID: "},
		"half of Crono":    {func(s *Source) { without(s, "CRONO_PUBLIC_KEY") }, "CRONO_PUBLIC_KEY: CRONO_API_KEY is of no use without it"},
		"half of Google":   {func(s *Source) { without(s, "GOOGLE_CLIENT_SECRET") }, "GOOGLE_CLIENT_SECRET: GOOGLE_CLIENT_ID is of no use without it"},
		"no app":           {func(s *Source) { s.AppID = "" }, "--app-id: is required"},
		"a bad name":       {func(s *Source) { s.Name = "Acme Inc" }, `--name: "Acme Inc" can't be a name`},
		"no JSON":          {func(s *Source) { s.Mappings = []byte("{") }, "account mappings: "},
		"mappings of none": {func(s *Source) { without(s, "CRONO_PUBLIC_KEY"); without(s, "CRONO_API_KEY") }, "account mappings: they are of a connection to Crono"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			from := source()
			tc.change(&from)
			made, err := Read(from)
			if err != nil {
				t.Fatal(err)
			}
			if all := strings.Join(made.Findings.Problems, "\n"); !strings.Contains(all, tc.problem) || strings.Contains(all, planted) {
				t.Errorf("problems %q, want %q", all, tc.problem)
			}
			if len(made.Objects)+len(made.Secrets) > 0 {
				t.Errorf("made %d objects all the same", len(made.Objects))
			}
		})
	}
	broken := source()
	broken.Settings = []byte("SLACK_BOT_TOKEN=\"" + planted + "\nx")
	if _, err := Read(broken); err == nil || strings.Contains(err.Error(), planted) {
		t.Errorf("error = %v", err)
	}
}

func without(s *Source, name string) { replace(s, "\n"+name+"=", "\n#") }

func replace(s *Source, before, after string) {
	s.Settings = []byte(strings.Replace(string(s.Settings), before, after, 1))
}

// botSchema is what is read of the bot's tables.
const botSchema = `
CREATE TABLE public.tenants (id uuid PRIMARY KEY, slack_team_id varchar(20) UNIQUE, plan_tier text, subscription_status text, trial_ends_at timestamptz,
	timezone text, locale text, deleted_at timestamptz);
CREATE TABLE public.users (tenant_id uuid, slack_user_id text);
CREATE TABLE public.meeting_sessions (tenant_id uuid);
CREATE TABLE public.user_settings (tenant_id uuid, fathom_api_key text);
CREATE TABLE public.audit_logs (tenant_id uuid);
CREATE TABLE public.api_rate_limits (tenant_id uuid);
CREATE TABLE public.account_mappings (tenant_id uuid, email_domain text, company_name text, deleted_at timestamptz);
INSERT INTO public.tenants VALUES
	('11111111-1111-1111-1111-111111111111', 'T0123456789', 'starter', 'trial', '2027-01-01T12:00:00.5Z', 'Europe/Rome', 'it', NULL),
	('22222222-2222-2222-2222-222222222222', 'T0000000002', NULL, 'active', NULL, NULL, NULL, NULL);
INSERT INTO public.users VALUES ('11111111-1111-1111-1111-111111111111', 'U1'), ('11111111-1111-1111-1111-111111111111', 'U2'),
	('22222222-2222-2222-2222-222222222222', 'U1');
INSERT INTO public.account_mappings VALUES
	('11111111-1111-1111-1111-111111111111', 'neuronup.example', 'NeuronUP', NULL), ('11111111-1111-1111-1111-111111111111', 'tinext.example', 'Tinexta', NULL),
	('11111111-1111-1111-1111-111111111111', 'gone.example', 'Gone', now()), ('22222222-2222-2222-2222-222222222222', 'other.example', 'Other', NULL);`

func TestReadDatabase(t *testing.T) {
	database := postgres.New(t)
	conn, err := pgx.Connect(t.Context(), database.Admin)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), botSchema); err != nil {
		t.Fatal(err)
	}
	from := source()
	if from.Database, err = ReadDatabase(t.Context(), database.Admin, "T0123456789"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int64{"users": 2, "meeting_sessions": 0, "user_settings": 0, "audit_logs": 0, "api_rate_limits": 0}, from.Database.LeftOut); diff != "" {
		t.Errorf("left out (-want +got):\n%s", diff)
	}
	made, err := Read(from)
	if err != nil || len(made.Findings.Problems) > 0 {
		t.Fatal(err, made.Findings.Problems)
	}
	tenant, _ := made.Objects[1].(*v1alpha1.Tenant)
	spec := tenant.Spec
	if spec.Plan != v1alpha1.PlanStarter || spec.TimeZone != "Europe/Rome" || spec.Locale != v1alpha1.Italian || spec.TrialEndsAt.UTC().String() != "2027-01-01 12:00:00 +0000 UTC" {
		t.Errorf("spec %+v", spec)
	}
	connection, _ := made.Objects[2].(*v1alpha1.CRMConnection)
	got := map[string]string{}
	for _, mapping := range connection.Spec.AccountMappings {
		got[mapping.Domain] = mapping.AccountName
	}
	if diff := cmp.Diff(map[string]string{"tinext.example": "Tinext", "neuronup.example": "NeuronUP"}, got); diff != "" { // the file's comes first
		t.Errorf("mappings (-want +got):\n%s", diff)
	}

	if _, err := ReadDatabase(t.Context(), database.Admin, "T9"); err == nil || !strings.Contains(err.Error(), "no tenant of the workspace T9") {
		t.Errorf("another workspace: %v", err)
	}
	if _, err := ReadDatabase(t.Context(), "postgres://u:"+planted+"@127.0.0.1:1/x", "T9"); err == nil || strings.Contains(err.Error(), planted) {
		t.Errorf("no server: %v", err)
	}
}
