package tenant

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/controllers/secrets"
	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/reconciler"
	"github.com/followup-dev/followup-operator/internal/store"
)

// scope is what one reconcile knows.
type scope struct {
	tenant     *v1alpha1.Tenant
	slackToken secrets.Credential
	fathomKey  secrets.Credential
	aiKey      secrets.Credential

	slackApp         *v1alpha1.SlackApp
	limits           []v1alpha1.Limit // that bind the tenant
	connections      *v1alpha1.ConnectionCount
	row              store.SyncedTenant
	rowSynced        bool
	credentialsReady bool
	verified         *metav1.Condition // nil: not judged
}

func newScope(t *v1alpha1.Tenant) *scope {
	credential := func(purpose string, declared v1alpha1.Credentials, check func([]byte) error) secrets.Credential {
		return secrets.Credential{
			Owner:      t,
			Field:      "spec." + purpose + ".credentials",
			Declared:   declared,
			Name:       secrets.Name(Kind, t.Name, purpose),
			Label:      v1alpha1.LabelTenant,
			LabelValue: t.Name,
			Check:      check,
		}
	}
	s := &scope{
		tenant:     t,
		slackToken: credential("slack", t.Spec.Slack.Credentials, secrets.ReadableBy(credentials.ParseSlackBot)),
		fathomKey:  credential("fathom", t.Spec.Fathom.Credentials, secrets.ReadableBy(credentials.ParseFathom)),
		aiKey:      credential("ai", t.Spec.AI.Credentials, secrets.ReadableBy(credentials.ParseAnthropic)),
	}
	s.slackToken.Digest, s.fathomKey.Digest, s.aiKey.Digest = digestBotToken, credentials.Digest, credentials.Digest
	return s
}

// Credentials are those that a Tenant declares.
func Credentials(t *v1alpha1.Tenant) []secrets.Credential {
	return secrets.Declared(newScope(t).credentials()...)
}

// findSlackApp also makes sure that the SlackApp may be served: the Tenants of a refused one must not reach the app of the
// one that is.
func (r *Reconciler) findSlackApp(ctx context.Context, s *scope) error {
	const again = time.Minute // a watch tells earlier
	app := &v1alpha1.SlackApp{}
	err := r.client.Get(ctx, client.ObjectKey{Namespace: s.tenant.Namespace, Name: s.tenant.Spec.SlackAppRef.Name}, app)
	if apierrors.IsNotFound(err) {
		return reconciler.Waiting(again, "", v1alpha1.ReasonSlackAppNotFound,
			"spec.slackAppRef: SlackApp %s does not exist in this namespace; create it", s.tenant.Spec.SlackAppRef.Name)
	}
	if err != nil {
		return err
	}
	err = r.claims.Check(ctx, app)
	if refused, ok := errors.AsType[*reconciler.Failure](err); ok {
		return reconciler.Waiting(again, "", v1alpha1.ReasonSlackAppRefused,
			"spec.slackAppRef: SlackApp %s is not served: %s", app.Name, refused.Message)
	}
	s.slackApp = app
	return err
}

func (r *Reconciler) findLimits(_ context.Context, s *scope) (err error) {
	if s.limits, err = EffectiveLimits(s.slackApp, s.tenant); err != nil {
		return reconciler.Stalled("", v1alpha1.ReasonPlanNotFound, "spec.plan: %v; name one of them, or add it to the SlackApp's spec.plans", err)
	}
	return nil
}

// checkTimeZone asks the zones that this binary embeds, so that the answer does not depend on an image.
func (r *Reconciler) checkTimeZone(_ context.Context, s *scope) error {
	name := s.tenant.Spec.TimeZone
	if _, err := time.LoadLocation(name); err != nil || name == time.Local.String() {
		return reconciler.Stalled("", v1alpha1.ReasonInvalidTimeZone,
			"spec.timeZone: %q is not a time zone; use an IANA name such as Europe/Rome", name)
	}
	return nil
}

// syncRow claims the workspace and comes before all that is applied: a refused claimant changes nothing.
func (r *Reconciler) syncRow(ctx context.Context, s *scope) error {
	timed, cancel := context.WithTimeout(ctx, reconciler.DatabaseTimeout)
	defer cancel()
	row, err := r.rows.SyncTenant(timed, s.record())
	if claimed, ok := errors.AsType[*store.ClaimedError](err); ok {
		return alreadyClaimed(claimed, s.tenant.Name)
	}
	if errors.Is(err, store.ErrErasing) {
		return reconciler.Waiting(time.Minute, v1alpha1.ConditionDatabaseSynced, v1alpha1.ReasonErasing,
			"spec.workspace: the data of the Tenant that had this workspace is being deleted; this one begins anew when that is done")
	}
	if err != nil {
		return reconciler.DatabaseFailure(err)
	}
	s.row, s.rowSynced = row, true
	if !row.Changed {
		return nil
	}
	ctrl.LoggerFrom(ctx).Info("wrote the tenant's row", "tenantID", row.ID, "restored", row.Restored)
	switch {
	case row.Drift:
		r.reporter.Repaired(ctx, s.tenant, row.Drifted())
	case row.Adopted:
		r.reporter.Tell(ctx, s.tenant, v1alpha1.ReasonAdopted, "this Tenant has the data that was imported for its workspace")
	case row.TookOver:
		r.reporter.Tell(ctx, s.tenant, v1alpha1.ReasonTookOver, "this Tenant took over its workspace with all its data, as its annotation asked")
	}
	if row.Restored {
		return r.wakeRefused(ctx) // to tell them whose it is again
	}
	return nil
}

// alreadyClaimed says whose the workspace is, and what to write where it can be taken over.
func alreadyClaimed(claimed *store.ClaimedError, name string) error {
	whose := "has this workspace of this app, and would keep it if it were deleted; delete this Tenant"
	switch {
	case claimed.Retained:
		whose = "declared this workspace before and was deleted; its data is kept for it. Delete this Tenant and create that one again"
	case claimed.TakeOver != "":
		whose = "of another cluster has this workspace. Delete this Tenant"
	}
	if claimed.TakeOver != "" {
		whose += fmt.Sprintf(", or have this one take it over with all its data: kubectl annotate tenant %s %s=%s",
			name, v1alpha1.AnnotationTakeOver, claimed.TakeOver)
	}
	return reconciler.Stalled(v1alpha1.ConditionDatabaseSynced, v1alpha1.ReasonWorkspaceAlreadyClaimed,
		"spec.workspace: Tenant %s %s", claimed.Owner, whose)
}

// credentials are all that the spec may declare.
func (s *scope) credentials() []*secrets.Credential {
	return []*secrets.Credential{&s.slackToken, &s.fathomKey, &s.aiKey}
}

func (r *Reconciler) fetchCredentials(ctx context.Context, s *scope) error {
	for _, credential := range s.credentials() {
		if err := r.secrets.Fetch(ctx, credential); err != nil {
			return err
		}
	}
	return nil
}

func (r *Reconciler) checkSlackToken(ctx context.Context, s *scope) error {
	return r.secrets.Check(ctx, s.slackToken)
}

func (r *Reconciler) checkOtherCredentials(ctx context.Context, s *scope) error {
	for _, credential := range []secrets.Credential{s.fathomKey, s.aiKey} {
		if err := r.secrets.Check(ctx, credential); err != nil {
			return err
		}
	}
	s.credentialsReady = true
	return nil
}

func (r *Reconciler) stopFetching(ctx context.Context, s *scope) error {
	for _, credential := range s.credentials() {
		if err := r.secrets.StopFetching(ctx, *credential); err != nil {
			return err
		}
	}
	return nil
}

func (s *scope) record() store.TenantRecord {
	spec := s.tenant.Spec
	return store.TenantRecord{
		Owner:             store.Owner{UID: string(s.tenant.UID), Namespace: s.tenant.Namespace, Name: s.tenant.Name},
		TakeOver:          s.tenant.Annotations[v1alpha1.AnnotationTakeOver],
		SlackAppID:        s.slackApp.Spec.AppID,
		SlackTeamID:       spec.Workspace.TeamID,
		SlackEnterpriseID: spec.Workspace.EnterpriseID,
		SlackTeamName:     spec.Workspace.Name,
		PlanTier:          string(spec.Plan),
		MinuteLimit:       minuteLimit(s.limits),
		Quotas:            quotas(s.limits),
		Stop:              stop(spec),
		TrialEndsAt:       trialEndsAt(spec),
		TimeZone:          timeZone(spec),
		Locale:            locale(spec),
		Visibility:        visibility(spec),
		SlackToken:        s.slackToken.Ref(),
		FathomKey:         s.fathomKey.Ref(),
		AIKey:             s.aiKey.Ref(),
	}
}
