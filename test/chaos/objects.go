package chaos

import (
	"fmt"
	"time"

	esv1 "github.com/external-secrets/external-secrets/apis/externalsecrets/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/reconciler"
)

// long ago is when what is there was made.
var longAgo = metav1.NewTime(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))

// Age gives an object a generation, annotations, perhaps a deletion, and the status of an earlier life.
func Age(b *Bytes, object reconciler.Object, finalizer string) {
	object.SetUID("uid")
	object.SetGeneration(int64(1 + b.Pick(3)))
	object.SetCreationTimestamp(longAgo)
	if b.Pick(4) == 1 {
		object.SetAnnotations(map[string]string{OneOf(b,
			v1alpha1.AnnotationReconcileRequestedAt, v1alpha1.AnnotationTakeOver, v1alpha1.AnnotationAbandonErasure, "example.com/other"): OneOf(b, b.Text(), "true")})
	}
	switch b.Pick(6) {
	case 1:
		object.SetFinalizers([]string{finalizer})
	case 2:
		object.SetFinalizers([]string{"example.com/other", finalizer})
	case 3:
		object.SetFinalizers([]string{"example.com/other"})
	}
	if len(object.GetFinalizers()) > 0 && b.Pick(2) == 1 {
		object.SetDeletionTimestamp(&longAgo)
	}
	*object.StatusObservedGeneration() = -1
	if b.Pick(2) == 1 {
		earlierLife(b, object)
	}
}

// earlierLife is what this operator, or an earlier one, may have left.
func earlierLife(b *Bytes, object reconciler.Object) {
	seen := int64(1 + b.Pick(int(object.GetGeneration())))
	condition := func(of string, status metav1.ConditionStatus, reason string) {
		*object.StatusConditions() = append(*object.StatusConditions(), metav1.Condition{
			Type: of, Status: status, Reason: reason, Message: "as it was", ObservedGeneration: seen, LastTransitionTime: longAgo,
		})
	}
	reason := OneOf(b, v1alpha1.ReasonDatabaseUnavailable, v1alpha1.ReasonWorkspaceAlreadyClaimed, v1alpha1.ReasonAppIDTaken,
		v1alpha1.ReasonNamespaceTaken, v1alpha1.ReasonErasing, v1alpha1.ReasonSecretNotFound, "OfALaterRelease")
	switch b.Pick(4) {
	case 0:
		condition(v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady)
		*object.StatusObservedGeneration() = seen
	case 1:
		condition(v1alpha1.ConditionReady, metav1.ConditionFalse, reason)
		condition(v1alpha1.ConditionStalled, metav1.ConditionTrue, reason)
		*object.StatusObservedGeneration() = seen
	case 2:
		condition(v1alpha1.ConditionReady, metav1.ConditionFalse, reason)
		condition(v1alpha1.ConditionReconciling, metav1.ConditionTrue, reason)
	default:
		condition(v1alpha1.ConditionReady, metav1.ConditionUnknown, reason)
		condition(v1alpha1.ConditionReconciling, metav1.ConditionTrue, reason)
	}
	for _, of := range []string{
		v1alpha1.ConditionDatabaseSynced, v1alpha1.ConditionCredentialsReady, v1alpha1.ConditionVerified, v1alpha1.ConditionHealthy,
		v1alpha1.ConditionSlackConnected, v1alpha1.ConditionHeld, v1alpha1.ConditionWebhookAvailable, "OfALaterRelease",
	} {
		if b.Pick(3) == 1 {
			condition(of, OneOf(b, metav1.ConditionTrue, metav1.ConditionFalse, metav1.ConditionUnknown), reason)
		}
	}
}

// Credentials declares a credential, and adds what is in the cluster of it. fetched is the name of its ExternalSecret, and right
// are values that are as they should be.
func Credentials(b *Bytes, owner client.Object, kind, fetched, label string, objects *[]client.Object, right ...string) v1alpha1.Credentials {
	declared := v1alpha1.Credentials{SecretRef: &v1alpha1.SecretKeyReference{Name: fetched + "-own", Key: OneOf(b, "key", "a/b", "x y")}}
	name, key := declared.SecretRef.Name, declared.SecretRef.Key
	if b.Pick(2) == 1 {
		store := v1alpha1.StoreReference{Kind: v1alpha1.SecretStoreKind, Name: "store"}
		declared = v1alpha1.Credentials{ExternalSecret: &v1alpha1.ExternalSecretSource{StoreRef: store, Key: "k" + b.Text(), Property: b.Text()}}
		name, key = fetched, "credentials"
	}
	if b.Pick(2) == 1 { // also when it is declared no more
		*objects = append(*objects, externalSecret(b, owner, kind, fetched))
	}
	if b.Pick(6) == 1 {
		return declared // and there is no Secret
	}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: Namespace, Name: name, UID: "uid-of-secret", Labels: map[string]string{label: owner.GetName()}}}
	if named, ok := owner.(*v1alpha1.CRMConnection); ok {
		secret.Labels[label] = named.Spec.TenantRef.Name
	}
	value := OneOf(b, append(right, Planted+b.Text(), "", `{"bot_token": "`+Planted+`"}`, "{"+Planted)...)
	secret.Data = map[string][]byte{OneOf(b, key, key, key, "other"): []byte(value)}
	switch b.Pick(6) {
	case 1:
		secret.Labels = nil
	case 2:
		secret.Labels[label] = "another"
	case 3:
		secret.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "Thing", Name: "stranger", UID: "stranger", Controller: new(true)}}
	}
	*objects = append(*objects, secret)
	return declared
}

// externalSecret is one that is there, of this owner or not.
func externalSecret(b *Bytes, owner client.Object, kind, name string) *esv1.ExternalSecret {
	es := &esv1.ExternalSecret{ObjectMeta: metav1.ObjectMeta{
		Namespace: Namespace, Name: name, UID: "uid-of-es", Labels: map[string]string{reconciler.LabelManagedBy: reconciler.FieldManager},
	}}
	Own(b, owner, kind, es)
	es.Status.SyncedResourceVersion = OneOf(b, fmt.Sprintf("%d-abc", es.Generation), "", "7-abc")
	if status := OneOf(b, corev1.ConditionTrue, corev1.ConditionFalse, ""); status != "" {
		es.Status.Conditions = []esv1.ExternalSecretStatusCondition{{Type: esv1.ExternalSecretReady, Status: status}}
	}
	return es
}

// Own makes obj the owner's, or a stranger's, or nobody's.
func Own(b *Bytes, owner client.Object, kind string, obj client.Object) {
	controller := metav1.OwnerReference{APIVersion: v1alpha1.GroupVersion.String(), Kind: kind, Name: owner.GetName(), UID: owner.GetUID(), Controller: new(true)}
	switch b.Pick(5) {
	case 1:
		controller.UID = "of-an-earlier-life"
	case 2:
		controller.Name = "stranger"
	case 3:
		obj.SetLabels(nil)
		return
	}
	obj.SetOwnerReferences([]metav1.OwnerReference{controller})
}

// Surroundings are a store and an event of External Secrets, there or not.
func Surroundings(b *Bytes, objects *[]client.Object) {
	if b.Pick(2) == 1 {
		store := &esv1.SecretStore{ObjectMeta: metav1.ObjectMeta{Namespace: Namespace, Name: "store"}}
		if status := OneOf(b, corev1.ConditionTrue, corev1.ConditionFalse, ""); status != "" {
			store.Status.Conditions = []esv1.SecretStoreStatusCondition{{Type: esv1.SecretStoreReady, Status: status, Message: b.Text()}}
		}
		*objects = append(*objects, store)
	}
	if b.Pick(2) == 1 {
		*objects = append(*objects, &corev1.Event{
			ObjectMeta: metav1.ObjectMeta{Namespace: Namespace, Name: "failure"}, Message: b.Text(),
			InvolvedObject: corev1.ObjectReference{Namespace: Namespace, UID: "uid-of-es"},
		})
	}
}

// SlackApp is one of the cluster's.
func SlackApp(b *Bytes, name string) *v1alpha1.SlackApp {
	app := &v1alpha1.SlackApp{ObjectMeta: metav1.ObjectMeta{Namespace: Namespace, Name: name, UID: "uid-of-app", CreationTimestamp: longAgo}}
	app.Spec.AppID = OneOf(b, "A0123456789", "A9876543210")
	if b.Pick(2) == 1 {
		limit := v1alpha1.Limit{Resource: v1alpha1.CRMWrites, Period: OneOf(b, v1alpha1.PerHour, v1alpha1.PerMonth), Limit: 5}
		app.Spec.Plans = []v1alpha1.SlackAppPlan{{Name: OneOf[v1alpha1.Plan](b, "team", v1alpha1.PlanPro), Limits: []v1alpha1.Limit{limit}}}
	}
	if b.Pick(2) == 1 {
		app.Spec.Encryption.Credentials.SecretRef = &v1alpha1.SecretKeyReference{Name: "e", Key: "e"}
	}
	if b.Pick(4) == 1 {
		app.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonAppIDTaken}}
	}
	return app
}
