package transfer

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/mappings"
)

// Source is what a single-tenant installation is read from, and what its objects are to be called.
type Source struct {
	Settings  []byte    // its .env
	Mappings  []byte    // its account_mappings.json; nil: there is none
	Database  *Database // what its database says; nil: it was not asked
	Name      string    // of the Tenant, and before the names of its connection and Secrets
	SlackApp  string    // name of the SlackApp
	AppID     string    // of the Slack app
	Namespace string
}

// Findings is what there is to import. It holds no secret.
type Findings struct {
	Settings    []Setting `json:"settings"`
	Mappings    int       `json:"mappings"` // of domains to accounts, of the file and the database
	Database    *Database `json:"database,omitempty"`
	Problems    []string  `json:"problems,omitempty"` // nothing can be imported before they are mended
	Objects     []string  `json:"objects"`            // that are made, as kind/name
	SecretNames []string  `json:"secrets"`            // that are made, in a file of their own
}

// Import is what is made of a Source.
type Import struct {
	Findings Findings
	Objects  []client.Object
	Secrets  []client.Object
}

// Read checks a Source, and makes objects of it unless the findings tell of problems.
func Read(source Source) (Import, error) {
	values, found, err := readSettings(source.Settings)
	if err != nil {
		return Import{}, err
	}
	findings := Findings{Settings: found, Database: source.Database, Problems: source.problems()}
	for _, setting := range found {
		if setting.Use == Missing || setting.Use == Invalid {
			findings.Problems = append(findings.Problems, setting.Name+": "+setting.Note)
		}
	}
	declared, err := source.mappings()
	if err != nil {
		findings.Problems = append(findings.Problems, "account mappings: "+err.Error())
	}
	findings.Mappings = len(declared)
	if len(declared) > 0 && values.crono() == "" {
		findings.Problems = append(findings.Problems, "account mappings: they are of a connection to Crono, for which CRONO_PUBLIC_KEY and CRONO_API_KEY are missing")
	}
	made := Import{Findings: findings}
	if len(findings.Problems) > 0 {
		return made, nil
	}
	made.build(source, values, declared)
	return made, nil
}

// problems are those of the names.
func (s Source) problems() (found []string) {
	for flag, name := range map[string]string{"--name": s.Name, "--slack-app": s.SlackApp, "--namespace": s.Namespace} {
		if wrong := validation.IsDNS1123Label(name); len(wrong) > 0 {
			found = append(found, fmt.Sprintf("%s: %q can't be a name: %s", flag, name, wrong[0]))
		}
	}
	slices.Sort(found)
	if s.AppID == "" {
		found = append(found, "--app-id: is required; it is at https://api.slack.com/apps, and begins with A")
	}
	return found
}

// mappings are those of the file, and those of the database that the file does not have.
func (s Source) mappings() ([]mappings.Mapping, error) {
	var lists [][]mappings.Mapping
	if s.Mappings != nil {
		file, err := mappings.Parse(s.Mappings)
		if err != nil {
			return nil, err
		}
		lists = append(lists, file)
	}
	if s.Database != nil {
		var kept []mappings.Mapping
		for _, row := range s.Database.mappings {
			mapping, err := mappings.New(row.Domain, row.Company)
			if err != nil {
				return nil, fmt.Errorf("a row of account_mappings: %w", err)
			}
			kept = append(kept, mapping)
		}
		lists = append(lists, kept)
	}
	return mappings.Merge(lists...), nil
}

func (i *Import) build(source Source, values settings, declared []mappings.Mapping) {
	app := &v1alpha1.SlackApp{ObjectMeta: source.meta(source.SlackApp), Spec: v1alpha1.SlackAppSpec{AppID: source.AppID}}
	of := func(secret, key, value, label, owner string) v1alpha1.Credentials {
		meta := source.meta(secret)
		meta.Labels = map[string]string{label: owner}
		i.Secrets = append(i.Secrets, &corev1.Secret{
			TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"}, ObjectMeta: meta, StringData: map[string]string{key: value},
		})
		return v1alpha1.Credentials{SecretRef: &v1alpha1.SecretKeyReference{Name: secret, Key: key}}
	}
	ofApp := func(purpose, key, value string) v1alpha1.Credentials {
		return of(source.SlackApp+"-"+purpose, key, value, v1alpha1.LabelSlackApp, source.SlackApp)
	}
	ofTenant := func(purpose, key, value string) v1alpha1.Credentials {
		return of(source.Name+"-"+purpose, key, value, v1alpha1.LabelTenant, source.Name)
	}
	app.Spec.Slack.Credentials = ofApp("slack", "signing_secret", values["SLACK_SIGNING_SECRET"])
	if key := values["ANTHROPIC_API_KEY"]; key != "" {
		app.Spec.AI.Credentials = ofApp("ai", "api_key", key)
	}
	if oauth := values.google(); oauth != "" {
		app.Spec.OAuthClients.Google.Credentials = ofApp("google", "client", oauth)
		app.Spec.Encryption.Credentials = ofApp("encryption", "key", newKey()) // which tokens of Google are kept with
	}
	tenant := &v1alpha1.Tenant{ObjectMeta: source.meta(source.Name), Spec: v1alpha1.TenantSpec{
		SlackAppRef: v1alpha1.LocalReference{Name: source.SlackApp},
		Workspace:   v1alpha1.Workspace{TeamID: values["SLACK_TEAM_ID"], Name: values["SLACK_TEAM_NAME"]},
		Plan:        v1alpha1.PlanPro,
	}}
	tenant.Spec.Slack.Credentials = ofTenant("slack", "bot_token", values["SLACK_BOT_TOKEN"])
	tenant.Spec.Fathom.Credentials = ofTenant("fathom", "api_key", values["FATHOM_API_KEY"])
	if source.Database != nil {
		source.Database.declare(&tenant.Spec)
	}
	i.Objects = append(i.Objects, app, tenant)
	if keys := values.crono(); keys != "" {
		connection := &v1alpha1.CRMConnection{ObjectMeta: source.meta(source.Name + "-crono"), Spec: v1alpha1.CRMConnectionSpec{
			TenantRef: v1alpha1.LocalReference{Name: source.Name}, Provider: v1alpha1.CronoProvider, Credentials: ofTenant("crono", "keys", keys),
		}}
		for _, mapping := range declared {
			connection.Spec.AccountMappings = append(connection.Spec.AccountMappings, v1alpha1.AccountMapping{Domain: mapping.Domain, AccountName: mapping.AccountName})
		}
		i.Objects = append(i.Objects, connection)
	}
	i.name()
}

// name gives the objects their kinds, and tells of them.
func (i *Import) name() {
	for _, object := range i.Objects {
		kind := ""
		switch object.(type) {
		case *v1alpha1.SlackApp:
			kind = "SlackApp"
		case *v1alpha1.Tenant:
			kind = "Tenant"
		case *v1alpha1.CRMConnection:
			kind = "CRMConnection"
		}
		object.GetObjectKind().SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kind))
		i.Findings.Objects = append(i.Findings.Objects, kind+"/"+object.GetName())
	}
	for _, secret := range i.Secrets {
		i.Findings.SecretNames = append(i.Findings.SecretNames, secret.GetName())
	}
}

func (s Source) meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: s.Namespace, Name: name}
}

func newKey() string {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it never fails
	return base64.StdEncoding.EncodeToString(key)
}
