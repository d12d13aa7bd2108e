package secrets

import (
	"context"
	"hash/fnv"
	"time"

	esv1 "github.com/external-secrets/external-secrets/apis/externalsecrets/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/reconciler"
)

// recheck is how often what is awaited is looked at again when no watch tells.
const recheck = time.Minute

// Fetch has External Secrets fetch the credential, if it is declared so, and keeps in c what is live.
func (s *Syncer) Fetch(ctx context.Context, c *Credential) error {
	if c.Declared.ExternalSecret == nil {
		return nil
	}
	fetched := externalSecret(*c)
	err := s.applier.Apply(ctx, c.Owner, fetched)
	if meta.IsNoMatchError(err) {
		return reconciler.Waiting(recheck, v1alpha1.ConditionCredentialsReady, v1alpha1.ReasonExternalSecretsMissing,
			"%s: External Secrets (external-secrets.io/v1) is not installed in this cluster; install it, or use secretRef", c.Field)
	}
	c.fetched = fetched
	return err
}

// StopFetching deletes the ExternalSecret that an earlier spec asked for, and with it the Secret. It comes last: until what
// is declared now is in use, the data plane lives on what was fetched.
func (s *Syncer) StopFetching(ctx context.Context, c Credential) error {
	if c.Declared.ExternalSecret != nil {
		return nil
	}
	earlier := &esv1.ExternalSecret{ObjectMeta: metav1.ObjectMeta{Namespace: c.Owner.GetNamespace(), Name: c.Name}}
	err := s.applier.DeleteOwned(ctx, c.Owner, earlier)
	if meta.IsNoMatchError(err) {
		return nil
	}
	return err
}

// externalSecret sets each field that the CRD would default, so that nothing drifts when a release of External Secrets
// changes its defaults.
//
// Source: https://external-secrets.io/latest/api/externalsecret/
func externalSecret(c Credential) *esv1.ExternalSecret {
	from := c.Declared.ExternalSecret
	labels := map[string]string{c.Label: c.LabelValue}
	return &esv1.ExternalSecret{
		ObjectMeta: metav1.ObjectMeta{Namespace: c.Owner.GetNamespace(), Name: c.Name, Labels: labels},
		Spec: esv1.ExternalSecretSpec{
			SecretStoreRef:  esv1.SecretStoreRef{Kind: string(from.StoreRef.Kind), Name: from.StoreRef.Name},
			RefreshPolicy:   esv1.RefreshPolicyPeriodic,
			RefreshInterval: &metav1.Duration{Duration: refreshInterval(c.Owner.GetNamespace(), c.Name)},
			Target: esv1.ExternalSecretTarget{
				Name:           c.Name,
				CreationPolicy: esv1.CreatePolicyOwner,
				DeletionPolicy: esv1.DeletionPolicyRetain,
				Template: &esv1.ExternalSecretTemplate{
					Type:          corev1.SecretTypeOpaque,
					EngineVersion: esv1.TemplateEngineV2,
					MergePolicy:   esv1.MergePolicyReplace,
					Metadata:      esv1.ExternalSecretTemplateMetadata{Labels: labels},
				},
			},
			Data: []esv1.ExternalSecretData{{
				SecretKey: fetchedKey,
				RemoteRef: esv1.ExternalSecretDataRemoteRef{
					Key:                from.Key,
					Property:           from.Property,
					MetadataPolicy:     esv1.ExternalSecretMetadataPolicyNone,
					ConversionStrategy: esv1.ExternalSecretConversionDefault,
					DecodingStrategy:   esv1.ExternalSecretDecodeNone,
				},
			}},
		},
	}
}

// refreshInterval is an hour give or take six minutes: always the same for one object, and spread over many, so that ten
// thousand tenants don't ask the provider in the same minute.
func refreshInterval(namespace, name string) time.Duration {
	const spread = 12 * 60
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(namespace + "/" + name))
	return time.Hour - spread/2*time.Second + time.Duration(hash.Sum32()%spread)*time.Second
}
