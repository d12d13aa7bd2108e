package integration

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

const mappingsKey = "account_mappings.json"

func newMappings(name, tenant, file string) *corev1.ConfigMap {
	return &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{v1alpha1.LabelTenant: tenant}},
		Data:       map[string]string{mappingsKey: file},
	}
}

func mappingsFrom(names ...string) (sources []v1alpha1.AccountMappingsSource) {
	for _, name := range names {
		sources = append(sources, v1alpha1.AccountMappingsSource{ConfigMapKeyRef: v1alpha1.ConfigMapKeyReference{Name: name, Key: mappingsKey}})
	}
	return sources
}

// connectionWithMappings is a connection whose credentials are in a Secret that is made with it.
func connectionWithMappings(ns *namespace, inline []v1alpha1.AccountMapping, files ...string) *v1alpha1.CRMConnection {
	connection := newConnection("acme-crono", "acme")
	connection.Spec.Credentials = named("acme-crono", "keys")
	connection.Spec.AccountMappings = inline
	connection.Spec.AccountMappingsFrom = mappingsFrom(files...)
	keys := newSecret("acme-crono", v1alpha1.LabelTenant, "acme", map[string]string{"keys": `{"public_key": "` + planted + `", "private_key": "x"}`})
	ns.create(keys, connection)
	return connection
}

const mappingRows = `SELECT coalesce(string_agg(email_domain || '=' || company_name, ' ' ORDER BY email_domain), '') FROM followup.account_mappings`

func TestMappingsFollowSpecAndFiles(t *testing.T) {
	o, ns := world(t)
	ns.readyTenant(newTenant("acme"))
	first := newMappings("first", "acme", `{"domain_to_account": {"A.example": "file", "b.example": "First"}, "comments": {"b.example": "x"}, "note": "x"}`)
	second := newMappings("second", "acme", `{"domain_to_account": {"b.example": "second", "c.example": "Second"}}`)
	ns.create(first, second)
	connection := connectionWithMappings(ns, []v1alpha1.AccountMapping{{Domain: "a.example", AccountName: "Inline"}}, "first", "second")
	ns.awaitReady(connection, metav1.ConditionTrue, v1alpha1.ReasonReady)
	ns.await(connection, v1alpha1.ConditionDatabaseSynced, metav1.ConditionTrue, v1alpha1.ReasonSynced)
	follows := func(want string) {
		t.Helper()
		ns.eventually("await the mappings", o.rowBecomes(t, mappingRows, want))
	}
	follows("a.example=Inline b.example=First c.example=Second")

	change(ns, second, func(c *corev1.ConfigMap) { c.Data[mappingsKey] = `{"domain_to_account": {"d.example": "Second"}}` })
	follows("a.example=Inline b.example=First d.example=Second")
	change(ns, connection, func(c *v1alpha1.CRMConnection) { c.Spec.AccountMappings = nil })
	follows("a.example=file b.example=First d.example=Second")
	change(ns, connection, func(c *v1alpha1.CRMConnection) { c.Spec.AccountMappingsFrom = mappingsFrom("second") })
	follows("d.example=Second")
	ns.remove(second) // by which nothing that is in use is lost
	message := ns.awaitReady(connection, metav1.ConditionFalse, v1alpha1.ReasonConfigMapNotFound)
	mustContain(t, message, "spec.accountMappingsFrom[0]: ConfigMap second does not exist", `key "account_mappings.json"`, "followup.dev/tenant=acme")
	follows("d.example=Second")
	change(ns, connection, func(c *v1alpha1.CRMConnection) { c.Spec.AccountMappingsFrom = nil })
	ns.awaitReady(connection, metav1.ConditionTrue, v1alpha1.ReasonReady)
	follows("")
}

func TestWrongMappingsNamePlaceAndFix(t *testing.T) {
	o, ns := world(t)
	ns.readyTenant(newTenant("acme"))
	config := newMappings("mappings", "globex", "{\n\"domain_to_account\": {\"a.example\": \"A\",\n\"gmail.com\": \"customer text\"}}")
	ns.create(config)
	connection := connectionWithMappings(ns, nil, "mappings")
	message := ns.awaitReady(connection, metav1.ConditionFalse, v1alpha1.ReasonConfigMapNotLabelled)
	mustContain(t, message, "ConfigMap mappings lacks the label followup.dev/tenant=acme", "add it")

	change(ns, config, func(c *corev1.ConfigMap) { c.Labels[v1alpha1.LabelTenant] = "acme" })
	message = ns.awaitReady(connection, metav1.ConditionFalse, v1alpha1.ReasonInvalidMappings)
	mustContain(t, message, `spec.accountMappingsFrom[0]: key "account_mappings.json" of ConfigMap mappings: domain_to_account, entry 2 (line 3): `, "remove the entry")
	if strings.Contains(message, "customer text") {
		t.Errorf("the message repeats the file: %s", message)
	}
	ns.await(connection, v1alpha1.ConditionDatabaseSynced, metav1.ConditionFalse, v1alpha1.ReasonInvalidMappings)

	change(ns, config, func(c *corev1.ConfigMap) {
		c.Data, c.BinaryData = map[string]string{"other": "{}"}, map[string][]byte{mappingsKey: {0xff}}
	})
	ns.eventuallyReadySays(connection, v1alpha1.ReasonInvalidMappings, "the file is not text in UTF-8")
	change(ns, config, func(c *corev1.ConfigMap) { c.BinaryData = nil })
	message = ns.awaitReady(connection, metav1.ConditionFalse, v1alpha1.ReasonConfigMapKeyMissing)
	mustContain(t, message, `ConfigMap mappings has no key "account_mappings.json"; add it`)

	change(ns, connection, func(c *v1alpha1.CRMConnection) {
		c.Spec.AccountMappingsFrom = nil
		c.Spec.AccountMappings = []v1alpha1.AccountMapping{{Domain: "a.example", AccountName: "A"}, {Domain: "A.example", AccountName: "A"}}
	})
	message = ns.awaitReady(connection, metav1.ConditionFalse, v1alpha1.ReasonInvalidMappings)
	mustContain(t, message, "spec.accountMappings[1]: the same domain as spec.accountMappings[0]; remove one of the two")
	if rows := o.query(t, mappingRows); rows[0] != "" {
		t.Errorf("wrong mappings were written: %s", rows[0])
	}

	change(ns, connection, func(c *v1alpha1.CRMConnection) { c.Spec.AccountMappings = c.Spec.AccountMappings[:1] })
	ns.awaitReady(connection, metav1.ConditionTrue, v1alpha1.ReasonReady)
}

func manyMappings(prefix string, n int) string {
	var entries []string
	for i := range n {
		entries = append(entries, fmt.Sprintf(`"%s-%d.example": "Company %d"`, prefix, i, i))
	}
	return `{"domain_to_account": {` + strings.Join(entries, ", ") + `}}`
}

// Mappings of a tenant with thousands of customers are one statement, and are not read again to see that they are right.
func TestManyMappings(t *testing.T) {
	o, ns := world(t)
	ns.readyTenant(newTenant("acme"))
	files := []string{"m0", "m1", "m2"}
	for _, name := range files {
		ns.create(newMappings(name, "acme", manyMappings(name, 5000)))
	}
	connection := connectionWithMappings(ns, nil, files...)
	ns.awaitReady(connection, metav1.ConditionTrue, v1alpha1.ReasonReady)
	if rows := o.query(t, `SELECT count(*)::text FROM followup.account_mappings`); rows[0] != "15000" {
		t.Errorf("%s rows", rows[0])
	}
}
