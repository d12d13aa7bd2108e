package secrets

import (
	"context"
	"fmt"
	"slices"
	"strings"

	esv1 "github.com/external-secrets/external-secrets/apis/externalsecrets/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/reconciler"
)

// checkFetched says whether External Secrets has fetched what the spec asks for now, and why not: what is wrong with the
// store comes before what follows from it.
func (s *Syncer) checkFetched(ctx context.Context, c Credential) error {
	from := c.Declared.ExternalSecret
	if from == nil || (upToDate(c.fetched) && !failed(c.fetched)) {
		return nil
	}
	if err := s.reports.checkStore(ctx, c); err != nil {
		return err
	}
	if !failed(c.fetched) {
		return reconciler.Waiting(recheck, v1alpha1.ConditionCredentialsReady, v1alpha1.ReasonExternalSecretPending,
			"%s: waiting for External Secrets to fetch %q from %s %s", c.Field, from.Key, from.StoreRef.Kind, from.StoreRef.Name)
	}
	if err := s.checkOwner(ctx, c); err != nil {
		return err
	}
	why, err := s.reports.lastFailure(ctx, c.fetched.UID)
	if err != nil {
		return err
	}
	if why == "" {
		why = fmt.Sprintf("kubectl describe externalsecret %s tells why", c.Name)
	}
	return reconciler.Waiting(recheck, v1alpha1.ConditionCredentialsReady, v1alpha1.ReasonExternalSecretFailed,
		"%s: External Secrets can't fetch %q from %s %s: %s", c.Field, from.Key, from.StoreRef.Kind, from.StoreRef.Name, why)
}

// checkOwner says whether the Secret that External Secrets is to write belongs to somebody else, which it leaves alone. No
// cache has a Secret of others, so it is asked for only when a fetch failed.
func (s *Syncer) checkOwner(ctx context.Context, c Credential) error {
	secret := reconciler.SecretMeta()
	err := s.applier.Live.Get(ctx, client.ObjectKey{Namespace: c.Owner.GetNamespace(), Name: c.Name}, secret)
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("read metadata of Secret %s: %w", c.Name, err)
	}
	owner := metav1.GetControllerOf(secret)
	if owner == nil || owner.UID == c.fetched.UID {
		return nil
	}
	return reconciler.Waiting(recheck, v1alpha1.ConditionCredentialsReady, v1alpha1.ReasonSecretOwnedByAnother,
		"%s: Secret %s, which External Secrets is to make, belongs to %s %s; delete it, or have that one use another name",
		c.Field, c.Name, owner.Kind, owner.Name)
}

// failed says whether External Secrets could not fetch when it last tried.
func failed(es *esv1.ExternalSecret) bool {
	return slices.ContainsFunc(es.Status.Conditions, func(c esv1.ExternalSecretStatusCondition) bool {
		return c.Type == esv1.ExternalSecretReady && c.Status == corev1.ConditionFalse
	})
}

// upToDate says whether what was fetched last is what the spec asks for. External Secrets writes "<generation>-<hash of
// metadata>"; until the generation is the present one, its Ready speaks of an earlier spec.
func upToDate(es *esv1.ExternalSecret) bool {
	return strings.HasPrefix(es.Status.SyncedResourceVersion, fmt.Sprintf("%d-", es.Generation))
}
