package secrets

import (
	"context"
	"errors"

	esv1 "github.com/external-secrets/external-secrets/apis/externalsecrets/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/planreport"
	"github.com/followup-dev/followup-operator/internal/reconciler"
)

// State says how a credential is, and where it comes from, without asking External Secrets for it.
func (s *Syncer) State(ctx context.Context, c Credential) (planreport.Secret, error) {
	ref := c.Ref()
	state := planreport.Secret{Field: c.Field, Name: ref.Name, Key: ref.Key, State: planreport.Present}
	if c.Declared.ExternalSecret != nil {
		c.fetched = &esv1.ExternalSecret{}
		err := s.applier.Client.Get(ctx, client.ObjectKey{Namespace: c.Owner.GetNamespace(), Name: c.Name}, c.fetched)
		if apierrors.IsNotFound(err) || meta.IsNoMatchError(err) {
			state.State = planreport.ToBeFetched
			return state, nil
		}
		if err != nil {
			return planreport.Secret{}, err
		}
	}
	err := s.Check(ctx, c)
	failure, ok := errors.AsType[*reconciler.Failure](err)
	if !ok {
		return state, err
	}
	state.Note = failure.Message
	switch failure.Reason {
	case v1alpha1.ReasonSecretNotFound:
		state.State = planreport.Missing
	case v1alpha1.ReasonSecretNotLabelled, v1alpha1.ReasonSecretKeyMissing, v1alpha1.ReasonSecretInvalid, v1alpha1.ReasonSecretOwnedByAnother:
		state.State = planreport.Invalid
	default:
		state.State = planreport.ToBeFetched
	}
	return state, nil
}
