package crmconnection

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/controllers/secrets"
	"github.com/followup-dev/followup-operator/internal/credentials"
	"github.com/followup-dev/followup-operator/internal/reconciler"
	"github.com/followup-dev/followup-operator/internal/store"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// again is how long until an awaited Tenant is looked for once more; a watch tells earlier.
const again = time.Minute

// scope is what one reconcile knows.
type scope struct {
	connection *v1alpha1.CRMConnection
	credential secrets.Credential

	tenantID         tenancy.ID
	slackApp         string
	row              store.SyncedConnection
	rowSynced        bool
	mappingsSynced   bool
	credentialsReady bool
}

func newScope(c *v1alpha1.CRMConnection) *scope {
	s := &scope{connection: c, credential: secrets.Credential{
		Owner:      c,
		Field:      "spec.credentials",
		Declared:   c.Spec.Credentials,
		Name:       secrets.Name(Kind, c.Name, ""),
		Label:      v1alpha1.LabelTenant,
		LabelValue: c.Spec.TenantRef.Name,
		Check:      checks[c.Spec.Provider],
	}}
	s.credential.Digest = credentials.Digest
	if c.Spec.Provider == v1alpha1.GoogleProvider {
		s.credential.Digest = googleCredential
	}
	return s
}

// Credentials are those that a CRMConnection declares.
func Credentials(c *v1alpha1.CRMConnection) []secrets.Credential {
	return secrets.Declared(&newScope(c).credential)
}

// checks say what is wrong with a credential, by provider.
var checks = map[v1alpha1.CRMProvider]func(raw []byte) error{
	v1alpha1.CronoProvider:  secrets.ReadableBy(credentials.ParseCrono),
	v1alpha1.GoogleProvider: secrets.ReadableBy(credentials.ParseGoogle),
}

// findTenant waits until the Tenant has a row, which a refused one never has.
func (r *Reconciler) findTenant(ctx context.Context, s *scope) error {
	name := s.connection.Spec.TenantRef.Name
	tenant := &v1alpha1.Tenant{}
	err := r.client.Get(ctx, client.ObjectKey{Namespace: s.connection.Namespace, Name: name}, tenant)
	if apierrors.IsNotFound(err) {
		return reconciler.Waiting(again, "", v1alpha1.ReasonTenantNotFound,
			"spec.tenantRef: Tenant %s does not exist in this namespace; create it", name)
	}
	if err != nil {
		return err
	}
	s.slackApp = tenant.Spec.SlackAppRef.Name
	s.tenantID, err = uuid.Parse(tenant.Status.TenantID)
	if err != nil {
		return notSynced(name)
	}
	return nil
}

func notSynced(tenant string) error {
	return reconciler.Waiting(again, "", v1alpha1.ReasonTenantNotSynced,
		"spec.tenantRef: Tenant %s has no row in the database yet; kubectl describe tenant %s tells why", tenant, tenant)
}

// syncRow comes before all that is applied, so that a connection to nobody's tenant changes nothing.
func (r *Reconciler) syncRow(ctx context.Context, s *scope) error {
	ctx, cancel := context.WithTimeout(ctx, reconciler.DatabaseTimeout)
	defer cancel()
	row, err := r.rows.SyncConnection(ctx, store.ConnectionRecord{
		Owner:       store.Owner{UID: string(s.connection.UID), Namespace: s.connection.Namespace, Name: s.connection.Name},
		TakeOver:    s.connection.Annotations[v1alpha1.AnnotationTakeOver],
		TenantID:    s.tenantID,
		Provider:    strings.ToLower(string(s.connection.Spec.Provider)),
		Name:        s.connection.Name,
		Credentials: s.credential.Ref(),
	})
	if errors.Is(err, tenancy.ErrNotFound) {
		return notSynced(s.connection.Spec.TenantRef.Name)
	}
	if err != nil {
		return reconciler.DatabaseFailure(err)
	}
	s.row, s.rowSynced = row, true
	if row.Changed {
		ctrl.LoggerFrom(ctx).Info("wrote the connection's row", "connectionID", row.ID, "restored", row.Restored)
	}
	switch {
	case row.Adopted:
		r.reporter.Tell(ctx, s.connection, v1alpha1.ReasonAdopted, "this CRMConnection has the row that was imported for its name")
	case row.TookOver:
		r.reporter.Tell(ctx, s.connection, v1alpha1.ReasonTookOver, "this CRMConnection took over another one's row, as its annotation asked")
	}
	return nil
}

func (r *Reconciler) fetchCredentials(ctx context.Context, s *scope) error {
	return r.secrets.Fetch(ctx, &s.credential)
}

func (r *Reconciler) checkCredentials(ctx context.Context, s *scope) error {
	if err := r.secrets.Check(ctx, s.credential); err != nil {
		return err
	}
	s.credentialsReady = true
	return nil
}

func (r *Reconciler) stopFetching(ctx context.Context, s *scope) error {
	return r.secrets.StopFetching(ctx, s.credential)
}
