package integration

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

// Valid objects, which each case changes by replacing one line.
const (
	validSlackApp = `
kind: SlackApp
metadata: {name: followup}
spec:
  appID: A0123456789
  slack: {credentials: {secretRef: {name: slack, key: signing_secret}}}
  ai: {model: claude-opus-5-5, credentials: {secretRef: {name: followup, key: anthropic}}}
  oauthClients: {google: {credentials: {secretRef: {name: followup, key: google}}}}
  encryption: {credentials: {secretRef: {name: followup, key: encryption}}}
  webhook: {replicas: 2}
`
	validTenant = `
kind: Tenant
metadata: {name: acme}
spec:
  slackAppRef: {name: followup}
  workspace: {teamID: T0123456789, name: Acme}
  plan: pro
  stopPolicy: None
  meetings: {visibility: Participants}
  limits: [{resource: api_calls, period: Minute, limit: 60}]
  timeZone: Europe/Rome
  locale: it
  slack: {credentials: {externalSecret: {storeRef: {kind: SecretStore, name: aws}, key: slack}}}
  fathom: {credentials: {secretRef: {name: acme, key: api_key}}}
  ai: {credentials: {secretRef: {name: acme, key: anthropic}}}
`
	validConnection = `
kind: CRMConnection
metadata: {name: acme-crono}
spec:
  tenantRef: {name: acme}
  provider: Crono
  credentials: {secretRef: {name: acme, key: crono}}
  accountMappings: [{domain: acme.example, accountName: Acme}]
  accountMappingsFrom: [{configMapKeyRef: {name: acme-mappings, key: account_mappings.json}}]
`
	validGoogle = `
kind: CRMConnection
metadata: {name: acme-google}
spec:
  tenantRef: {name: acme}
  provider: Google
  credentials: {secretRef: {name: acme, key: google}}
`
)

// decode reads YAML as an object of our API group, unchecked.
func decode(t testing.TB, text string) *unstructured.Unstructured {
	t.Helper()
	object := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(text), &object.Object); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	object.SetAPIVersion(v1alpha1.GroupVersion.String())
	return object
}

// spec is the rest of an object from its spec on.
func spec(text string) string {
	_, rest, _ := strings.Cut(text, "spec:")
	return "spec:" + rest
}

func replace(t testing.TB, text, from, to string) string {
	t.Helper()
	if !strings.Contains(text, from) {
		t.Fatalf("%q is not in\n%s", from, text)
	}
	return strings.Replace(text, from, to, 1)
}

// Each case is a valid object with one thing replaced. The message names the field, and, where it is ours, the fix.
func TestSchemaRefusesOnCreation(t *testing.T) {
	ns := newNamespace(t)
	tests := map[string]struct{ valid, from, to, message string }{
		"app ID":              {validSlackApp, "A0123456789", "T0123456789", "spec.appID: copy the App ID from the app's Basic Information page"},
		"secret's name":       {validTenant, "{name: acme, key: api_key}", "{name: globex/fathom, key: api_key}", "secretRef.name: use the name of a Secret, as kubectl get shows it"},
		"upper-case secret":   {validSlackApp, "name: slack,", "name: Slack,", "secretRef.name: use the name of a Secret"},
		"secret after a dot":  {validConnection, "{name: acme, key: crono}", "{name: acme..crono, key: crono}", "secretRef.name: use the name of a Secret"},
		"store's name":        {validTenant, "name: aws}", "name: aws/eu}", "storeRef.name: use the name of a SecretStore, as kubectl get shows it"},
		"name with a NUL":     {validTenant, "name: Acme}", `name: "Ac\0me"}`, "spec.workspace.name: use one line of text"},
		"name of two lines":   {validTenant, "name: Acme}", `name: "Acme\nInc"}`, "spec.workspace.name: use one line of text"},
		"app ID too long":     {validSlackApp, "A0123456789", "A" + strings.Repeat("0", 21), "spec.appID: Too long"},
		"app without ID":      {validSlackApp, "appID: A0123456789", "", "spec.appID: Required value"},
		"app name":            {validSlackApp, "name: followup", "name: 0followup", "metadata.name: use at most 50 of a-z, 0-9 and '-', beginning with a letter"},
		"app name too long":   {validSlackApp, "name: followup", "name: " + strings.Repeat("a", 51), "metadata.name: use at most 50"},
		"no replicas":         {validSlackApp, "replicas: 2", "replicas: 0", "spec.webhook.replicas"},
		"too many replicas":   {validSlackApp, "replicas: 2", "replicas: 21", "spec.webhook.replicas"},
		"both sources":        {validSlackApp, "{secretRef:", "{externalSecret: {storeRef: {kind: SecretStore, name: aws}, key: k}, secretRef:", "credentials: set exactly one of externalSecret and secretRef"},
		"no source":           {validSlackApp, "{secretRef: {name: slack, key: signing_secret}}", "{}", "spec.slack.credentials"},
		"empty source":        {validConnection, "{secretRef: {name: acme, key: crono}}", "{secretRef: null}", "spec.credentials"},
		"key of the Secret":   {validConnection, "key: crono", "key: a/b", "secretRef.key: use the letters that a Secret's key may have"},
		"no key":              {validConnection, "key: crono", "key: ''", "spec.credentials.secretRef.key"},
		"cluster-wide store":  {validTenant, "kind: SecretStore", "kind: ClusterSecretStore", `Unsupported value: "ClusterSecretStore": supported values: "SecretStore"`},
		"team ID":             {validTenant, "teamID: T0123456789", "teamID: acme.slack.com", "spec.workspace.teamID: use Slack's ID of the workspace"},
		"enterprise ID":       {validTenant, "teamID: T0123456789", "enterpriseID: T0123456789", "spec.workspace.enterpriseID: use Slack's ID of the organisation"},
		"both workspaces":     {validTenant, "teamID: T0123456789", "teamID: T0123456789, enterpriseID: E0123456789", "spec.workspace: set exactly one of teamID"},
		"no workspace":        {validTenant, "teamID: T0123456789,", "", "spec.workspace: set exactly one of teamID"},
		"nameless workspace":  {validTenant, ", name: Acme", "", "spec.workspace.name: Required value"},
		"plan":                {validTenant, "plan: pro", "plan: Pro", "plan: use a-z, 0-9 and '-'"},
		"no plan":             {validTenant, "plan: pro", "", "spec.plan: Required value"},
		"stop policy":         {validTenant, "stopPolicy: None", "stopPolicy: true", "spec.stopPolicy"},
		"visibility":          {validTenant, "visibility: Participants", "visibility: Nobody", "spec.meetings.visibility: Unsupported value"},
		"limit's period":      {validTenant, "period: Minute", "period: Week", `spec.limits[0].period: Unsupported value: "Week": supported values: "Minute", "Hour", "Day", "Month"`},
		"meetings a minute":   {validTenant, "api_calls", "meetings_processed", "only api_calls can be limited by the Minute"},
		"limit of zero":       {validTenant, "limit: 60", "limit: 0", "spec.limits[0].limit"},
		"limit of text":       {validTenant, "limit: 60", "limit: many", "spec.limits[0].limit"},
		"limit twice":         {validTenant, "limit: 60}", "limit: 60}, {resource: api_calls, period: Minute, limit: 1}", "spec.limits[1]: Duplicate value"},
		"locale":              {validTenant, "locale: it", "locale: it_IT", `spec.locale: Unsupported value: "it_IT": supported values: "en", "it"`},
		"time zone too long":  {validTenant, "Europe/Rome", strings.Repeat("z", 65), "spec.timeZone: Too long"},
		"tenant name":         {validTenant, "name: acme}", "name: " + strings.Repeat("a", 64) + "}", "metadata.name: use at most 63 characters"},
		"connection name":     {validConnection, "name: acme-crono", "name: " + strings.Repeat("a", 64), "metadata.name: use at most 63 characters"},
		"provider":            {validConnection, "provider: Crono", "provider: crono", `spec.provider: Unsupported value: "crono": supported values: "Crono", "Google"`},
		"Google's mappings":   {validGoogle, "provider: Google", "provider: Google\n  accountMappings: [{domain: a.example, accountName: A}]", "Google has no accounts to map; remove them"},
		"Google's files":      {validGoogle, "provider: Google", "provider: Google\n  accountMappingsFrom: [{configMapKeyRef: {name: m, key: k}}]", "Google has no accounts to map; remove them"},
		"model":               {validSlackApp, "claude-opus-5-5", "$(PASSWORD)", "spec.ai.model: use Anthropic's ID of a model, such as claude-sonnet-5-5"},
		"AI of nothing":       {validSlackApp, "{model: claude-opus-5-5, credentials: {secretRef: {name: followup, key: anthropic}}}", "{}", "spec.ai"},
		"AI key in both":      {validSlackApp, "{secretRef: {name: followup, key: anthropic}}", "{externalSecret: {storeRef: {kind: SecretStore, name: aws}, key: k}, secretRef: {name: followup, key: anthropic}}", "credentials: set exactly one of externalSecret and secretRef"},
		"no OAuth client":     {validSlackApp, "{google: {credentials: {secretRef: {name: followup, key: google}}}}", "{}", "spec.oauthClients"},
		"empty OAuth client":  {validSlackApp, "{credentials: {secretRef: {name: followup, key: google}}}", "{}", "spec.oauthClients.google.credentials: Required value"},
		"encryption's key":    {validSlackApp, "{secretRef: {name: followup, key: encryption}}", "{}", "spec.encryption.credentials"},
		"tenant's AI":         {validTenant, "{credentials: {secretRef: {name: acme, key: anthropic}}}", "{}", "spec.ai.credentials: Required value"},
		"mapping of a URL":    {validConnection, "domain: acme.example", "domain: 'https://acme.example'", "spec.accountMappings.domain: use the domain alone, such as acme.com"},
		"mapping twice":       {validConnection, "accountName: Acme}", "accountName: Acme}, {domain: acme.example, accountName: A}", "spec.accountMappings[1]: Duplicate value"},
		"mapping to nothing":  {validConnection, "accountName: Acme", "accountName: ''", "spec.accountMappings[0].accountName"},
		"mappings' ConfigMap": {validConnection, "name: acme-mappings", "name: ../acme", "configMapKeyRef.name: use the name of a ConfigMap"},
		"mappings' key":       {validConnection, "key: account_mappings.json", "key: a/b", "configMapKeyRef.key: use the letters that a ConfigMap's key may have"},
		"mappings' no key":    {validConnection, ", key: account_mappings.json", "", "spec.accountMappingsFrom[0].configMapKeyRef.key: Required value"},
		"unknown field":       {validTenant, "plan: pro", "plan: pro\n  quota: 7", `unknown field "spec.quota"`},
		"misplaced list":      {validTenant, "workspace: {teamID: T0123456789, name: Acme}", "workspace: [T0123456789]", "spec.workspace"},
		"misplaced text":      {validTenant, "{externalSecret: {storeRef: {kind: SecretStore, name: aws}, key: slack}}", "slack", "spec.slack.credentials"},
		"nothing":             {validTenant, spec(validTenant), "spec: {}", "spec.workspace: Required value"},
		"no spec":             {validConnection, spec(validConnection), "", "spec: Required value"},
		"a secret in the way": {validConnection, "{secretRef: {name: acme, key: crono}}", "{secretRef: {name: acme, key: crono, value: hunter2}}", `unknown field "spec.credentials.secretRef.value"`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			valid := decode(t, tc.valid)
			valid.SetNamespace(ns.name)
			if err := kube.Create(t.Context(), valid, client.DryRunAll, client.FieldValidation(metav1.FieldValidationStrict)); err != nil {
				t.Fatalf("the valid object is refused: %v", err)
			}
			object := decode(t, replace(t, tc.valid, tc.from, tc.to))
			object.SetNamespace(ns.name)
			err := kube.Create(t.Context(), object, client.DryRunAll, client.FieldValidation(metav1.FieldValidationStrict))
			if err == nil || !strings.Contains(err.Error(), tc.message) {
				t.Errorf("error = %v\nwant %s", err, tc.message)
			}
		})
	}
}

func TestSchemaRefusesChanges(t *testing.T) {
	ns := newNamespace(t)
	enterprise := replace(t, validTenant, "teamID: T0123456789", "enterpriseID: E0123456789")
	tests := map[string]struct{ valid, from, to, message string }{
		"app ID":      {validSlackApp, "A0123456789", "A9876543210", "spec.appID can't be changed; create another SlackApp"},
		"replicas":    {validSlackApp, "replicas: 2", "replicas: 3", ""},
		"only a key":  {validSlackApp, "model: claude-opus-5-5, ", "", ""},
		"only model":  {validSlackApp, ", credentials: {secretRef: {name: followup, key: anthropic}}", "", ""},
		"provider":    {validGoogle, "provider: Google", "provider: Crono", "spec.provider can't be changed; create another CRMConnection"},
		"SlackApp":    {validTenant, "slackAppRef: {name: followup}", "slackAppRef: {name: other}", "spec.slackAppRef can't be changed; create another Tenant"},
		"team":        {validTenant, "T0123456789", "T9876543210", "spec.workspace: teamID and enterpriseID can't be changed; create another Tenant"},
		"team to org": {validTenant, "teamID: T0123456789", "enterpriseID: E0123456789", "teamID and enterpriseID can't be changed"},
		"org":         {enterprise, "E0123456789", "E9876543210", "teamID and enterpriseID can't be changed"},
		"name":        {validTenant, "name: Acme", "name: Acme Inc", ""},
		"name of org": {enterprise, "name: Acme", "name: Acme Inc", ""},
		"plan":        {validTenant, "plan: pro", "plan: free", ""},
		"tenant":      {validConnection, "tenantRef: {name: acme}", "tenantRef: {name: other}", "spec.tenantRef can't be changed; create another CRMConnection"},
		"credentials": {validConnection, "key: crono", "key: other", ""},
		"dotted name": {validConnection, "name: acme, key", "name: acme.crono-1, key", ""},
		"store":       {validTenant, "name: aws}", "name: aws.eu-1}", ""},
		"any letters": {validTenant, "name: Acme", "name: Ačme & Söhne №1", ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			object := decode(t, tc.valid)
			object.SetNamespace(ns.name)
			if err := kube.Create(t.Context(), object); err != nil {
				t.Fatal(err)
			}
			changed := decode(t, replace(t, tc.valid, tc.from, tc.to))
			changed.SetNamespace(ns.name)
			changed.SetResourceVersion(object.GetResourceVersion())
			err := kube.Update(t.Context(), changed)
			if tc.message == "" && err != nil {
				t.Errorf("refused: %v", err)
			}
			if tc.message != "" && (err == nil || !strings.Contains(err.Error(), tc.message)) {
				t.Errorf("error = %v\nwant %s", err, tc.message)
			}
			if err := kube.Delete(t.Context(), object); err != nil {
				t.Fatal(err)
			}
		})
	}
}
