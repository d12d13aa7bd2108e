package secrets

import (
	"cmp"
	"context"

	esv1 "github.com/external-secrets/external-secrets/apis/externalsecrets/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/reconciler"
)

// checkStore says whether the store that a credential is fetched from is there and ready.
func (r *Reports) checkStore(ctx context.Context, c Credential) error {
	ref := c.Declared.ExternalSecret.StoreRef
	store := &esv1.SecretStore{}
	err := r.Told.Get(ctx, client.ObjectKey{Namespace: c.Owner.GetNamespace(), Name: ref.Name}, store)
	switch {
	case meta.IsNoMatchError(err):
		return nil // nothing of it can be known; what External Secrets says of its own objects tells
	case apierrors.IsNotFound(err):
		return reconciler.Waiting(recheck, v1alpha1.ConditionCredentialsReady, v1alpha1.ReasonSecretStoreNotFound,
			"%s: %s %s does not exist in this namespace; create it, or correct externalSecret.storeRef", c.Field, ref.Kind, ref.Name)
	case err != nil:
		return err
	}
	ready := readiness(store)
	if ready.Status == corev1.ConditionTrue {
		return nil
	}
	return reconciler.Waiting(recheck, v1alpha1.ConditionCredentialsReady, v1alpha1.ReasonSecretStoreNotReady,
		"%s: %s %s is not ready: %s; kubectl describe secretstore %s tells more", c.Field, ref.Kind, ref.Name, ready.Message, ref.Name)
}

// readiness is the Ready condition of a store, but for its time.
func readiness(store *esv1.SecretStore) esv1.SecretStoreStatusCondition {
	for _, c := range store.Status.Conditions {
		if c.Type == esv1.SecretStoreReady {
			return esv1.SecretStoreStatusCondition{Status: c.Status, Message: oneLine(cmp.Or(c.Message, c.Reason))}
		}
	}
	return esv1.SecretStoreStatusCondition{Message: "External Secrets has not looked at it yet"}
}
