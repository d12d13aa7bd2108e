package tenant

import (
	"context"

	"github.com/followup-dev/followup-operator/controllers/health"
	"github.com/followup-dev/followup-operator/controllers/secrets"
	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/store"
)

// judgeCredentials comes when all are there: what is known of one that is replaced counts no more.
func (r *Reconciler) judgeCredentials(_ context.Context, s *scope) error {
	known := func(subject, provider string, credential secrets.Credential) health.Credential {
		digest := credentials.CheckDigest(s.row.ID, subject, r.secrets.Digest(credential))
		return health.Credential{Field: credential.Field, Provider: provider, Digest: digest, Check: s.row.Checks[subject]}
	}
	all := []health.Credential{known(store.SubjectSlack, "Slack", s.slackToken), known(store.SubjectFathom, "Fathom", s.fathomKey)}
	if s.aiKey.Ref().Name != "" { // else the app's
		all = append(all, known(store.SubjectAI, "Anthropic", s.aiKey))
	}
	s.verified = new(health.Verified(all...))
	return nil
}
