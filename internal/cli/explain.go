package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/tools/clientcmd"
)

// explain adds to an error what to do about it, where the error alone does not say.
func explain(err error) error {
	advice := adviceFor(err)
	if advice == "" {
		return err
	}
	return fmt.Errorf("%w\n%s", err, advice)
}

func adviceFor(err error) string {
	refused := &net.OpError{}
	switch {
	case err == nil, ExitCode(err) != 1:
		return ""
	case errors.Is(err, context.Canceled):
		return "It was interrupted; what was sent to the cluster before stays."
	case apierrors.IsForbidden(err):
		return adviceOnForbidden(err)
	case apierrors.IsUnauthorized(err):
		return "The cluster does not know you: log in again, or choose another --context or --user."
	case meta.IsNoMatchError(err), strings.Contains(err.Error(), "no matches for kind"):
		return "The cluster does not know this kind. Is followup-operator installed on it, or is it another --context?"
	case clientcmd.IsEmptyConfig(err):
		return "No cluster is configured: set KUBECONFIG, --kubeconfig or --context."
	case errors.As(err, &refused):
		return "The cluster can't be reached: does it run, and are --kubeconfig, --context and --server right?"
	}
	return ""
}

// adviceOnForbidden says which right to ask for; the API server's own words have who, the verb and the resource.
func adviceOnForbidden(err error) string {
	const advice = "What each command needs is in docs/cli.md"
	status, ok := errors.AsType[*apierrors.StatusError](err)
	if !ok || status.Status().Details == nil || status.Status().Details.Kind == "" {
		return advice + "."
	}
	details := status.Status().Details
	resource := details.Kind
	if details.Group != "" {
		resource += "." + details.Group
	}
	return fmt.Sprintf("%s; yours on it: kubectl auth can-i --list | grep %s", advice, resource)
}
