package slackapp

import (
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/controllers/secrets"
	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/reconciler"
	"github.com/followup-dev/followup-operator/test/chaos"
)

func FuzzReconcile(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("a SlackApp whose namespace is its own"))
	f.Add([]byte(strings.Repeat("\x01", 200)))
	f.Add([]byte(strings.Repeat("\x00\x01\x02\x03", 60)))
	f.Add([]byte(strings.Repeat("\x03\x02\x07\x05\x01", 60)))
	f.Fuzz(func(t *testing.T, data []byte) {
		b := chaos.NewBytes(data)
		app, objects := fuzzedSlackApp(b)
		cluster := chaos.NewCluster(t, b, append(objects, app))
		r := New(Dependencies{
			Cluster: cluster.For(), Claims: cluster.Claims(), Secrets: cluster.Labelled(v1alpha1.LabelSlackApp), Reports: cluster.Reports(),
			Config: Config{
				Image: "example.com/webhook:v1", ClusterRole: "followup-webhook", VendorFlags: []string{"--slack-api-url=http://slack.test/api/"},
				WebhookDSN: credentials.NewSecret("postgres://webhook:" + chaos.Planted + "@db/followup"),
				WorkerDSN:  credentials.NewSecret("postgres://worker:" + chaos.Planted + "@db/followup"),
			},
		})
		cluster.Run(t, r, app)
	})
}

func fuzzedSlackApp(b *chaos.Bytes) (*v1alpha1.SlackApp, []client.Object) {
	app := chaos.SlackApp(b, "followup")
	app.Status.Conditions = nil
	chaos.Age(b, app, "example.com/finalizer")
	var objects []client.Object
	declare := func(purpose, right string) v1alpha1.Credentials {
		return chaos.Credentials(b, app, Kind, secrets.Name(Kind, app.Name, purpose), v1alpha1.LabelSlackApp, &objects, right)
	}
	spec := &app.Spec
	spec.Slack.Credentials = declare("slack", chaos.Planted+"signing")
	if b.Pick(2) == 1 {
		spec.AI = v1alpha1.SlackAppAI{Model: b.Text(), Credentials: declare("ai", "sk-ant-"+chaos.Planted)}
	}
	if b.Pick(2) == 1 {
		spec.OAuthClients.Google.Credentials = declare("google", `{"client_id": "1.apps.googleusercontent.com", "client_secret": "`+chaos.Planted+`"}`)
	}
	spec.Encryption.Credentials = chaos.OneOf(b, v1alpha1.Credentials{}, declare("encryption", chaos.Planted+"AAAAAAAAAAAAAAAAAAAAAAAAAAAAA="))
	if b.Pick(2) == 1 {
		spec.Webhook.Replicas = new(int32(1 + b.Pick(20)))
	}
	if b.Pick(2) == 1 {
		quantity := resource.MustParse(chaos.OneOf(b, "0.5", "1e3", "500m", "0.0001", "1Gi", "1073741824"))
		spec.Webhook.Resources = &corev1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceCPU: quantity}}
	}
	if b.Pick(2) == 1 {
		objects = append(objects, fuzzedDeployment(b, app))
	}
	if b.Pick(4) == 1 {
		logins := workload{app: app}.logins()
		chaos.Own(b, app, Kind, logins)
		objects = append(objects, logins)
	}
	if b.Pick(3) == 1 {
		rival := chaos.SlackApp(b, "rival")
		rival.Namespace, rival.UID = chaos.OneOf(b, chaos.Namespace, "another", chaos.OperatorNamespace), "uid-of-rival"
		objects = append(objects, rival)
	}
	chaos.Surroundings(b, &objects)
	return app, objects
}

func fuzzedDeployment(b *chaos.Bytes, app *v1alpha1.SlackApp) *appsv1.Deployment {
	n := func() int32 { return int32(b.Pick(4)) }
	d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{
		Namespace: chaos.Namespace, Name: webhookName(app), UID: "uid-of-deployment", Generation: 2,
		Labels: map[string]string{reconciler.LabelManagedBy: reconciler.FieldManager},
	}}
	chaos.Own(b, app, Kind, d)
	d.Status = appsv1.DeploymentStatus{ObservedGeneration: int64(n()), Replicas: n(), UpdatedReplicas: n(), ReadyReplicas: n(), AvailableReplicas: n()}
	if b.Pick(3) == 1 {
		d.Status.Conditions = []appsv1.DeploymentCondition{{
			Type: appsv1.DeploymentProgressing, Status: corev1.ConditionFalse, Reason: "ProgressDeadlineExceeded", Message: b.Text(),
		}}
	}
	return d
}
