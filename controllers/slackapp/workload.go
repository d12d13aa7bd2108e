package slackapp

import (
	"crypto/sha256"
	"encoding/hex"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/reconciler"
)

const (
	// labelLogins marks the Secret with the data plane's logins, so that it can be watched.
	labelLogins = "followup.dev/logins"
	// annotationLogins on the pods has a hash of those logins, so that new ones roll the pods. The hash tells nothing of
	// them: their passwords are 256 random bits.
	annotationLogins = "followup.dev/logins"

	loginsDir      = "/etc/followup/dsn"
	webhookKey     = "webhook"
	workerKey      = "worker"
	defaultReplica = 2
)

// workload builds what serves a SlackApp.
type workload struct {
	app         *v1alpha1.SlackApp
	config      Config
	credentials []string // flags that say where they are
}

func webhookName(app *v1alpha1.SlackApp) string { return app.Name + "-webhook" }

func (w workload) meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: w.app.Namespace, Name: name, Labels: w.labels()}
}

// selector never changes: a Deployment's can't.
func (w workload) selector() map[string]string {
	return map[string]string{
		"app.kubernetes.io/name":     "followup-webhook",
		"app.kubernetes.io/instance": w.app.Name,
	}
}

func (w workload) labels() map[string]string {
	labels := w.selector()
	labels["app.kubernetes.io/component"] = "webhook"
	labels["app.kubernetes.io/part-of"] = "followup"
	labels[reconciler.LabelManagedBy] = reconciler.FieldManager
	return labels
}

// logins is the Secret with the logins of the two database pools.
func (w workload) logins() *corev1.Secret {
	meta := w.meta(webhookName(w.app) + "-dsn")
	meta.Labels[labelLogins] = w.app.Name
	return &corev1.Secret{
		ObjectMeta: meta,
		Type:       corev1.SecretTypeOpaque,
		Data: map[string][]byte{
			webhookKey: []byte(w.config.WebhookDSN.Reveal()),
			workerKey:  []byte(w.config.WorkerDSN.Reveal()),
		},
	}
}

func (w workload) loginsHash() string {
	hash := sha256.Sum256([]byte(w.config.WebhookDSN.Reveal() + "\n" + w.config.WorkerDSN.Reveal()))
	return hex.EncodeToString(hash[:8])
}

func (w workload) serviceAccount() *corev1.ServiceAccount {
	return &corev1.ServiceAccount{ObjectMeta: w.meta(webhookName(w.app)), AutomountServiceAccountToken: new(false)}
}

// roleBinding lets the webhook read the Secrets of its namespace, and nothing else.
func (w workload) roleBinding() *rbacv1.RoleBinding {
	return &rbacv1.RoleBinding{
		ObjectMeta: w.meta(webhookName(w.app)),
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: w.config.ClusterRole},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: w.app.Namespace, Name: webhookName(w.app)}},
	}
}

func (w workload) service() *corev1.Service {
	return &corev1.Service{
		ObjectMeta: w.meta(webhookName(w.app)),
		Spec: corev1.ServiceSpec{
			Type:     corev1.ServiceTypeClusterIP,
			Selector: w.selector(),
			Ports: []corev1.ServicePort{
				{Name: "http", Port: 80, TargetPort: intstr.FromString("http"), Protocol: corev1.ProtocolTCP},
				{Name: "metrics", Port: 9090, TargetPort: intstr.FromString("metrics"), Protocol: corev1.ProtocolTCP},
			},
		},
	}
}

// deployment replaces pods without ever having fewer than asked for.
func (w workload) deployment() *appsv1.Deployment {
	replicas := int32(defaultReplica)
	if w.app.Spec.Webhook.Replicas != nil {
		replicas = *w.app.Spec.Webhook.Replicas
	}
	return &appsv1.Deployment{
		ObjectMeta: w.meta(webhookName(w.app)),
		Spec: appsv1.DeploymentSpec{
			Replicas:             &replicas,
			RevisionHistoryLimit: new(int32(3)),
			Selector:             &metav1.LabelSelector{MatchLabels: w.selector()},
			Strategy: appsv1.DeploymentStrategy{
				Type: appsv1.RollingUpdateDeploymentStrategyType,
				RollingUpdate: &appsv1.RollingUpdateDeployment{
					MaxUnavailable: new(intstr.FromInt32(0)),
					MaxSurge:       new(intstr.FromInt32(1)),
				},
			},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{
					Labels:      w.labels(),
					Annotations: map[string]string{annotationLogins: w.loginsHash()},
				},
				Spec: w.pod(),
			},
		},
	}
}
