package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/transfer"
)

// exporting is the command.
type exporting struct {
	env *environment
	dsn string
	dir string
}

func newExport(env *environment) *cobra.Command {
	e := &exporting{env: env}
	command := &cobra.Command{
		Use:   "export TENANT --dsn-file FILE --out-dir DIRECTORY",
		Short: "Write a tenant into files: its YAML, and all its rows",
		Long: `Write a tenant into files: the YAML of the Tenant and its CRMConnections, the rows of each table as JSON in lines, and
manifest.json, which counts them. All rows are of one moment. Of Secrets there are the names alone.

The login must be one that row level security does not bind: a superuser, or a role with BYPASSRLS. The files hold what customers
wrote and said; only you can read them.`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: env.completeTenants,
		RunE:              func(c *cobra.Command, args []string) error { return e.run(c.Context(), args[0]) },
	}
	command.Flags().StringVar(&e.dsn, "dsn-file", "", "file with the DSN of the operator's database")
	command.Flags().StringVar(&e.dir, "out-dir", "", "directory to write to; it is made, and what is there is left alone")
	_ = command.MarkFlagRequired("dsn-file")
	_ = command.MarkFlagRequired("out-dir")
	return command
}

func (e *exporting) run(ctx context.Context, name string) error {
	kube, namespace, err := e.env.connect()
	if err != nil {
		return err
	}
	tenant, err := getTenant(ctx, kube, namespace, name)
	if err != nil {
		return err
	}
	id, err := uuid.Parse(tenant.Status.TenantID)
	if err != nil {
		return fmt.Errorf("tenant %s has no rows yet; kubectl followup status %s tells why", name, name)
	}
	dsn, err := os.ReadFile(e.dsn)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(e.dir, 0o700); err != nil {
		return err
	}
	if err := e.writeObjects(ctx, kube, tenant); err != nil {
		return err
	}
	var total int64
	_, err = transfer.Export(ctx, strings.TrimSpace(string(dsn)), id, e.dir, func(file transfer.File) {
		total += file.Rows
		_, _ = fmt.Fprintf(e.env.ErrOut, "%8d rows  %s\n", file.Rows, file.Name)
	})
	if err != nil {
		return errors.Join(err, fmt.Errorf("the export is not complete: remove %s", e.dir))
	}
	_, err = fmt.Fprintf(e.env.Out, "Tenant %s is in %s: %d rows. manifest.json has what to compare the files with.\n", name, e.dir, total)
	return err
}

// writeObjects writes what was declared, without what the cluster keeps beside it.
func (e *exporting) writeObjects(ctx context.Context, kube client.Client, tenant *v1alpha1.Tenant) error {
	var all v1alpha1.CRMConnectionList
	if err := kube.List(ctx, &all, client.InNamespace(tenant.Namespace)); err != nil {
		return err
	}
	declared := []client.Object{&v1alpha1.Tenant{
		TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "Tenant"}, ObjectMeta: asWritten(tenant), Spec: tenant.Spec,
	}}
	for _, connection := range all.Items {
		if connection.Spec.TenantRef.Name == tenant.Name {
			declared = append(declared, &v1alpha1.CRMConnection{
				TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "CRMConnection"},
				ObjectMeta: asWritten(&connection), Spec: connection.Spec,
			})
		}
	}
	encoded, err := manifests(declared)
	if err != nil {
		return err
	}
	return transfer.Write(filepath.Join(e.dir, "objects.yaml"), encoded)
}

func asWritten(object client.Object) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: object.GetNamespace(), Name: object.GetName(), Labels: object.GetLabels()}
}
