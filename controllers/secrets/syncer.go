package secrets

import (
	"context"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/reconciler"
)

// Syncer applies and checks the credentials of one kind of object.
type Syncer struct {
	applier  *reconciler.Applier
	metadata client.Reader // cached metadata of the labelled Secrets
	reports  *Reports

	mu       sync.Mutex
	verdicts map[types.NamespacedName][]verdict // by owner, of each of its fields one: few, and a map of them takes far more memory
}

// verdict is what a look at one version of a Secret came to.
type verdict struct {
	field                string
	secret, key, version string
	digest               string
	err                  error
}

// NewSyncer returns a Syncer. metadata is a cache made by reconciler.LabelledMetadata.
func NewSyncer(applier *reconciler.Applier, metadata client.Reader, reports *Reports) *Syncer {
	return &Syncer{applier: applier, metadata: metadata, reports: reports, verdicts: map[types.NamespacedName][]verdict{}}
}

// Forget drops what is known of a deleted owner's credentials.
func (s *Syncer) Forget(owner types.NamespacedName) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.verdicts, owner)
}

// Check says whether the credential, after Fetch, is there and in shape, if one is declared. A Secret is read once for each of
// its versions.
func (s *Syncer) Check(ctx context.Context, c Credential) error {
	if !c.declared() {
		return nil
	}
	if err := s.checkFetched(ctx, c); err != nil {
		return err
	}
	meta := reconciler.SecretMeta()
	ref := c.Ref()
	err := s.metadata.Get(ctx, client.ObjectKey{Namespace: c.Owner.GetNamespace(), Name: ref.Name}, meta)
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("read metadata of Secret %s: %w", ref.Name, err)
	}
	known := s.verdict(c)
	if err == nil && known.secret == ref.Name && known.key == ref.Key && known.version == meta.ResourceVersion {
		return known.err
	}
	return s.look(ctx, c)
}

// Digest returns what the credential's Digest made of the value that Check found right; "" if it found none.
func (s *Syncer) Digest(c Credential) string { return s.verdict(c).digest }

// look reads the Secret and remembers the verdict, not the value.
func (s *Syncer) look(ctx context.Context, c Credential) error {
	ref := c.Ref()
	secret := &corev1.Secret{}
	err := s.applier.Live.Get(ctx, client.ObjectKey{Namespace: c.Owner.GetNamespace(), Name: ref.Name}, secret)
	if apierrors.IsNotFound(err) {
		return missing(c)
	}
	if err != nil {
		return fmt.Errorf("read Secret %s: %w", ref.Name, err)
	}
	found := verdict{field: c.Field, secret: ref.Name, key: ref.Key, version: secret.ResourceVersion, err: inspect(c, secret)}
	if found.err == nil && c.Digest != nil {
		found.digest = c.Digest(secret.Data[ref.Key])
	}
	s.remember(c, found)
	return found.err
}

func missing(c Credential) error {
	ref := c.Ref()
	if c.Declared.ExternalSecret != nil {
		return reconciler.Waiting(recheck, v1alpha1.ConditionCredentialsReady, v1alpha1.ReasonSecretNotFound,
			"%s: Secret %s, which External Secrets reports as made, does not exist; kubectl describe externalsecret %s tells more",
			c.Field, ref.Name, c.Name)
	}
	return reconciler.Waiting(recheck, v1alpha1.ConditionCredentialsReady, v1alpha1.ReasonSecretNotFound,
		"%s: Secret %s does not exist; create it with the key %q and the label %s=%s", c.Field, ref.Name, ref.Key, c.Label, c.LabelValue)
}

func inspect(c Credential, secret *corev1.Secret) error {
	ref := c.Ref()
	if secret.Labels[c.Label] != c.LabelValue {
		return reconciler.Stalled(v1alpha1.ConditionCredentialsReady, v1alpha1.ReasonSecretNotLabelled,
			"%s: Secret %s lacks the label %s=%s, by which its owner lets it be used here; add it", c.Field, ref.Name, c.Label, c.LabelValue)
	}
	value, ok := secret.Data[ref.Key]
	if !ok {
		return reconciler.Stalled(v1alpha1.ConditionCredentialsReady, v1alpha1.ReasonSecretKeyMissing,
			"%s: Secret %s has no key %q; add it", c.Field, ref.Name, ref.Key)
	}
	if err := c.Check(value); err != nil {
		return reconciler.Stalled(v1alpha1.ConditionCredentialsReady, v1alpha1.ReasonSecretInvalid,
			"%s: key %q of Secret %s: %v; correct it", c.Field, ref.Key, ref.Name, err)
	}
	return nil
}

func (s *Syncer) verdict(c Credential) verdict {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, known := range s.verdicts[client.ObjectKeyFromObject(c.Owner)] {
		if known.field == c.Field {
			return known
		}
	}
	return verdict{}
}

func (s *Syncer) remember(c Credential, v verdict) {
	s.mu.Lock()
	defer s.mu.Unlock()
	owner := client.ObjectKeyFromObject(c.Owner)
	for i, known := range s.verdicts[owner] {
		if known.field == c.Field {
			s.verdicts[owner][i] = v
			return
		}
	}
	s.verdicts[owner] = append(s.verdicts[owner], v)
}
