package main

import (
	"context"
	"fmt"

	esv1 "github.com/external-secrets/external-secrets/apis/externalsecrets/v1"
	"golang.org/x/sync/errgroup"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

const (
	namespace   = "scale"
	app         = "followup"
	concurrency = 10 // of the generator, and of the operator's controllers

	botToken      = "xoxb-scale"
	fathomKey     = "scale-fathom"
	cronoKeys     = `{"public_key": "scale", "private_key": "scale"}`
	mailbox       = `{"email": "ada@acme.example", "refresh_token": "scale"}`
	encryptionKey = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" // of zeros: nothing is encrypted here
	oauth         = `{"client_id": "1.apps.googleusercontent.com", "client_secret": "scale"}`
)

// generate declares a SlackApp, n Tenants, and two CRMConnections of each.
func (b *bed) generate(ctx context.Context, n int) error {
	err := b.create(ctx, secret("app", v1alpha1.LabelSlackApp, app, map[string]string{
		"slack": "scale-signing", "google": oauth, "encryption": encryptionKey,
	}), slackApp())
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(concurrency)
	for i := range n {
		group.Go(func() error { return b.create(ctx, tenantObjects(i)...) })
	}
	return group.Wait()
}

func (b *bed) create(ctx context.Context, objects ...client.Object) error {
	for _, object := range objects {
		if err := b.kube.Create(ctx, object); err != nil {
			return err
		}
	}
	return nil
}

func tenantName(i int) string { return fmt.Sprintf("tenant-%05d", i) }

func teamID(i int) string { return fmt.Sprintf("T%010d", i) }

// isFetched says whether a Tenant and its connections have their credentials fetched, as every second one has.
func isFetched(i int) bool { return i%2 == 1 }

// fetchedSecrets are those that External Secrets would make: the Tenant's for Slack and Fathom, and one of each connection.
func fetchedSecrets(tenant string) []string {
	return []string{
		"tenant-" + tenant + "-slack", "tenant-" + tenant + "-fathom",
		"crmconnection-" + tenant + "-crono", "crmconnection-" + tenant + "-google",
	}
}

// tenantObjects are those of one Tenant: Secrets, then the Tenant, then its two CRMConnections.
func tenantObjects(i int) []client.Object {
	name := tenantName(i)
	crono, google := name+"-crono", name+"-google"
	if !isFetched(i) {
		return []client.Object{
			secret(name, v1alpha1.LabelTenant, name, map[string]string{
				"slack": botToken + name, "fathom": fathomKey, "crono": cronoKeys, "google": mailbox,
			}),
			tenant(i, name, fromSecret(name, "slack"), fromSecret(name, "fathom")),
			connection(crono, name, v1alpha1.CronoProvider, fromSecret(name, "crono")),
			connection(google, name, v1alpha1.GoogleProvider, fromSecret(name, "google")),
		}
	}
	var objects []client.Object
	values := []string{botToken + name, fathomKey, cronoKeys, mailbox}
	for j, made := range fetchedSecrets(name) {
		objects = append(objects, secret(made, v1alpha1.LabelTenant, name, map[string]string{"credentials": values[j]}))
	}
	return append(objects,
		tenant(i, name, external(name+"-slack"), external(name+"-fathom")),
		connection(crono, name, v1alpha1.CronoProvider, external(crono)),
		connection(google, name, v1alpha1.GoogleProvider, external(google)),
	)
}

func slackApp() *v1alpha1.SlackApp {
	declared := &v1alpha1.SlackApp{ObjectMeta: meta(app)}
	declared.Spec.AppID = "A0123456789"
	declared.Spec.Slack.Credentials = fromSecret("app", "slack")
	declared.Spec.OAuthClients.Google.Credentials = fromSecret("app", "google")
	declared.Spec.Encryption.Credentials = fromSecret("app", "encryption")
	return declared
}

func tenant(i int, name string, slack, fathom v1alpha1.Credentials) *v1alpha1.Tenant {
	return &v1alpha1.Tenant{ObjectMeta: meta(name), Spec: v1alpha1.TenantSpec{
		SlackAppRef: v1alpha1.LocalReference{Name: app},
		Workspace:   v1alpha1.Workspace{TeamID: teamID(i), Name: name},
		Plan:        v1alpha1.PlanPro,
		TimeZone:    "Europe/Rome",
		Slack:       v1alpha1.TenantSlack{Credentials: slack},
		Fathom:      v1alpha1.TenantFathom{Credentials: fathom},
	}}
}

func connection(name, of string, provider v1alpha1.CRMProvider, from v1alpha1.Credentials) *v1alpha1.CRMConnection {
	return &v1alpha1.CRMConnection{ObjectMeta: meta(name), Spec: v1alpha1.CRMConnectionSpec{
		TenantRef: v1alpha1.LocalReference{Name: of}, Provider: provider, Credentials: from,
	}}
}

func secret(name, label, owner string, data map[string]string) *corev1.Secret {
	s := &corev1.Secret{ObjectMeta: meta(name), StringData: data}
	s.Labels = map[string]string{label: owner}
	return s
}

func meta(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: namespace, Name: name} }

func fromSecret(name, key string) v1alpha1.Credentials {
	return v1alpha1.Credentials{SecretRef: &v1alpha1.SecretKeyReference{Name: name, Key: key}}
}

func external(key string) v1alpha1.Credentials {
	return v1alpha1.Credentials{ExternalSecret: &v1alpha1.ExternalSecretSource{
		StoreRef: v1alpha1.StoreReference{Kind: v1alpha1.SecretStoreKind, Name: "aws"}, Key: key,
	}}
}

// standIn reports each ExternalSecret as fetched, and each Deployment as rolled out, until the context ends.
func (b *bed) standIn(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return b.each(ctx, &esv1.ExternalSecretList{}, b.fetched) })
	group.Go(func() error { return b.each(ctx, &appsv1.DeploymentList{}, b.rolledOut) })
	return group.Wait()
}

// each does something for each object of the list that is there or comes.
func (b *bed) each(ctx context.Context, list client.ObjectList, do func(context.Context, client.Object) error) error {
	watch, err := b.kube.Watch(ctx, list, client.InNamespace(namespace))
	if err != nil {
		return err
	}
	defer watch.Stop()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(concurrency)
	for event := range watch.ResultChan() {
		if object, ok := event.Object.(client.Object); ok && event.Type == "ADDED" {
			group.Go(func() error { return do(ctx, object) })
		}
	}
	return group.Wait()
}

func (b *bed) fetched(ctx context.Context, object client.Object) error {
	before := object.(*esv1.ExternalSecret)
	after := before.DeepCopy()
	after.Status.RefreshTime = metav1.Now()
	after.Status.SyncedResourceVersion = fmt.Sprintf("%d-abc", after.Generation)
	after.Status.Conditions = []esv1.ExternalSecretStatusCondition{{
		Type: esv1.ExternalSecretReady, Status: corev1.ConditionTrue, LastTransitionTime: metav1.Now(),
	}}
	return client.IgnoreNotFound(b.kube.Status().Patch(ctx, after, client.MergeFrom(before)))
}

func (b *bed) rolledOut(ctx context.Context, object client.Object) error {
	before := object.(*appsv1.Deployment)
	after, n := before.DeepCopy(), *before.Spec.Replicas
	after.Status = appsv1.DeploymentStatus{
		ObservedGeneration: after.Generation, Replicas: n, UpdatedReplicas: n, ReadyReplicas: n, AvailableReplicas: n,
	}
	return b.kube.Status().Patch(ctx, after, client.MergeFrom(before))
}
