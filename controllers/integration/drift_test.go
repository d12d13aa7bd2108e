package integration

import (
	"context"
	"errors"
	"fmt"
	"testing"

	esv1 "github.com/external-secrets/external-secrets/apis/externalsecrets/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// TestWhatAVandalDoesIsUndone spoils each object that the operator owns in each way that matters.
func TestWhatAVandalDoesIsUndone(t *testing.T) {
	_, ns := everything(t)
	const app = "followup-webhook"
	owned := map[string]func() client.Object{
		"Deployment":     func() client.Object { return &appsv1.Deployment{ObjectMeta: ns.meta(app)} },
		"Service":        func() client.Object { return &corev1.Service{ObjectMeta: ns.meta(app)} },
		"ServiceAccount": func() client.Object { return &corev1.ServiceAccount{ObjectMeta: ns.meta(app)} },
		"RoleBinding":    func() client.Object { return &rbacv1.RoleBinding{ObjectMeta: ns.meta(app)} },
		"Secret of logins": func() client.Object {
			return &corev1.Secret{ObjectMeta: ns.meta(app + "-dsn")}
		},
		"ExternalSecret of the SlackApp":   func() client.Object { return externalSecret(ns, "slackapp-followup-slack") },
		"ExternalSecret of the Tenant":     func() client.Object { return externalSecret(ns, "tenant-acme-slack") },
		"ExternalSecret of the connection": func() client.Object { return externalSecret(ns, "crmconnection-acme-crono") },
	}
	for name, empty := range owned {
		t.Run(name+"/deleted", func(t *testing.T) {
			object := empty()
			ns := ns.in(t)
			ns.get(object)
			uid := object.GetUID()
			ns.remove(object)
			ns.eventually("restore it", func(ctx context.Context) error {
				if err := kube.Get(ctx, client.ObjectKeyFromObject(object), object); err != nil {
					return err
				}
				if object.GetUID() == uid {
					return errors.New("still the old one")
				}
				return nil
			})
		})
		t.Run(name+"/labels and owner removed", func(t *testing.T) {
			object := empty()
			ns := ns.in(t)
			ns.get(object)
			labels := len(object.GetLabels())
			change(ns, object, func(o client.Object) {
				o.SetLabels(map[string]string{"vandal": "was-here"})
				o.SetOwnerReferences(nil)
			})
			ns.eventually("restore labels and owner", func(ctx context.Context) error {
				err := kube.Get(ctx, client.ObjectKeyFromObject(object), object)
				if err == nil && (len(object.GetLabels()) != labels+1 || metav1.GetControllerOf(object) == nil) {
					return fmt.Errorf("labels %v, owners %v", object.GetLabels(), object.GetOwnerReferences())
				}
				return err
			})
		})
	}
}

func TestFieldsAreRestored(t *testing.T) {
	_, ns := everything(t)
	spoil(ns, &appsv1.Deployment{ObjectMeta: ns.meta("followup-webhook")}, func(d *appsv1.Deployment) {
		d.Spec.Replicas = new(int32(0))
		d.Spec.Template.Spec.Containers[0].Image = "example.com/evil"
		d.Spec.Template.Spec.Containers[0].SecurityContext = nil
	}, func(d *appsv1.Deployment) bool {
		c := d.Spec.Template.Spec.Containers[0]
		return *d.Spec.Replicas == 2 && c.Image == "example.com/webhook:v1" && c.SecurityContext != nil
	})
	spoil(ns, &corev1.Service{ObjectMeta: ns.meta("followup-webhook")},
		func(s *corev1.Service) { s.Spec.Selector["app.kubernetes.io/name"] = "evil" },
		func(s *corev1.Service) bool { return s.Spec.Selector["app.kubernetes.io/name"] == "followup-webhook" })
	spoil(ns, &rbacv1.RoleBinding{ObjectMeta: ns.meta("followup-webhook")},
		func(b *rbacv1.RoleBinding) {
			b.Subjects = append(b.Subjects, rbacv1.Subject{Kind: "ServiceAccount", Namespace: ns.name, Name: "default"})
		},
		func(b *rbacv1.RoleBinding) bool { return len(b.Subjects) == 1 })
	spoil(ns, &corev1.Secret{ObjectMeta: ns.meta("followup-webhook-dsn")},
		func(s *corev1.Secret) { s.Data["webhook"] = []byte("postgres://evil/") },
		func(s *corev1.Secret) bool {
			return string(s.Data["webhook"]) == "postgres://webhook:"+planted+"@db/followup"
		})
	spoil(ns, externalSecret(ns, "tenant-acme-slack"),
		func(es *esv1.ExternalSecret) { es.Spec.Data[0].RemoteRef.Key = "slack-bot-token-globex" },
		func(es *esv1.ExternalSecret) bool { return es.Spec.Data[0].RemoteRef.Key == "slack-bot-token-acme" })
}

// spoil changes an object and waits until it is restored.
func spoil[O client.Object](ns *namespace, object O, how func(O), restored func(O) bool) {
	ns.t.Helper()
	change(ns, object, how)
	spoiled := object.GetResourceVersion()
	ns.eventually(fmt.Sprintf("restore %T", object), func(ctx context.Context) error {
		err := kube.Get(ctx, client.ObjectKeyFromObject(object), object)
		if err == nil && (object.GetResourceVersion() == spoiled || !restored(object)) {
			return fmt.Errorf("is %+v", object)
		}
		return err
	})
}
