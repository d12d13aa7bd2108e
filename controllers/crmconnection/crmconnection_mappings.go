package crmconnection

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/mappings"
	"github.com/followup-dev/followup-operator/internal/reconciler"
	"github.com/followup-dev/followup-operator/internal/tenancy"
)

// syncMappings writes what is declared, if it is not what was written last.
func (r *Reconciler) syncMappings(ctx context.Context, s *scope) error {
	declared, err := r.declaredMappings(ctx, s.connection)
	if err != nil {
		return err
	}
	if mappings.Digest(declared) != s.row.MappingsDigest || s.row.MappingsDrift {
		timed, cancel := context.WithTimeout(ctx, reconciler.DatabaseTimeout)
		defer cancel()
		err := r.rows.SaveMappings(timed, s.tenantID, s.row.ID, declared)
		if errors.Is(err, tenancy.ErrNotFound) {
			return notSynced(s.connection.Spec.TenantRef.Name)
		}
		if err != nil {
			return reconciler.DatabaseFailure(err)
		}
		ctrl.LoggerFrom(ctx).Info("wrote the connection's account mappings", "connectionID", s.row.ID, "count", len(declared))
	}
	s.mappingsSynced = true
	if drifted := s.drifted(); len(drifted) > 0 {
		r.reporter.Repaired(ctx, s.connection, drifted)
	}
	return nil
}

// drifted is what somebody else had changed.
func (s *scope) drifted() []string {
	columns := s.row.Drifted()
	if s.row.MappingsDrift {
		columns = append(columns, "account mappings")
	}
	return columns
}

// declaredMappings are those of the spec, then those of its files.
func (r *Reconciler) declaredMappings(ctx context.Context, connection *v1alpha1.CRMConnection) ([]mappings.Mapping, error) {
	inline, err := inlineMappings(connection.Spec.AccountMappings)
	if err != nil {
		return nil, err
	}
	lists := [][]mappings.Mapping{inline}
	for i, from := range connection.Spec.AccountMappingsFrom {
		field := fmt.Sprintf("spec.accountMappingsFrom[%d]", i)
		file, err := r.readMappings(ctx, connection, field, from.ConfigMapKeyRef)
		if err != nil {
			return nil, err
		}
		found, err := mappings.Parse(file)
		if err != nil {
			return nil, invalidMappings("%s: key %q of ConfigMap %s: %v", field, from.ConfigMapKeyRef.Key, from.ConfigMapKeyRef.Name, err)
		}
		lists = append(lists, found)
	}
	return mappings.Merge(lists...), nil
}

// inlineMappings finds what the schema can't: the same domain in two spellings, say.
func inlineMappings(declared []v1alpha1.AccountMapping) (found []mappings.Mapping, err error) {
	first := map[string]int{}
	for i, item := range declared {
		mapping, err := mappings.New(item.Domain, item.AccountName)
		if err != nil {
			return nil, invalidMappings("spec.accountMappings[%d]: %v", i, err)
		}
		if earlier, twice := first[mapping.Domain]; twice {
			return nil, invalidMappings("spec.accountMappings[%d]: the same domain as spec.accountMappings[%d]; remove one of the two", i, earlier)
		}
		first[mapping.Domain] = i
		found = append(found, mapping)
	}
	return found, nil
}

func invalidMappings(format string, args ...any) error {
	return reconciler.Stalled(v1alpha1.ConditionDatabaseSynced, v1alpha1.ReasonInvalidMappings, format, args...)
}

// readMappings reads a file that its owner, by a label, lets the Tenant's connections use: the label is also what the watch
// goes by, which thus holds a few ConfigMaps' metadata and not the whole cluster's.
func (r *Reconciler) readMappings(
	ctx context.Context, connection *v1alpha1.CRMConnection, field string, ref v1alpha1.ConfigMapKeyReference,
) ([]byte, error) {
	tenant := connection.Spec.TenantRef.Name
	config := &corev1.ConfigMap{}
	err := r.live.Get(ctx, client.ObjectKey{Namespace: connection.Namespace, Name: ref.Name}, config)
	if apierrors.IsNotFound(err) {
		return nil, reconciler.Waiting(again, v1alpha1.ConditionDatabaseSynced, v1alpha1.ReasonConfigMapNotFound,
			"%s: ConfigMap %s does not exist; create it with the key %q and the label %s=%s", field, ref.Name, ref.Key, v1alpha1.LabelTenant, tenant)
	}
	if err != nil {
		return nil, fmt.Errorf("read ConfigMap %s: %w", ref.Name, err)
	}
	if config.Labels[v1alpha1.LabelTenant] != tenant {
		return nil, reconciler.Stalled(v1alpha1.ConditionDatabaseSynced, v1alpha1.ReasonConfigMapNotLabelled,
			"%s: ConfigMap %s lacks the label %s=%s, by which its owner lets it be used here; add it", field, ref.Name, v1alpha1.LabelTenant, tenant)
	}
	if text, ok := config.Data[ref.Key]; ok {
		return []byte(text), nil
	}
	if binary, ok := config.BinaryData[ref.Key]; ok { // where kubectl puts a file that is not UTF-8
		return binary, nil
	}
	return nil, reconciler.Stalled(v1alpha1.ConditionDatabaseSynced, v1alpha1.ReasonConfigMapKeyMissing,
		"%s: ConfigMap %s has no key %q; add it", field, ref.Name, ref.Key)
}
