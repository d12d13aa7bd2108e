package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

// reporting is the command.
type reporting struct {
	env               *environment
	outputFile        string
	operatorNamespace string
	lines             int64
}

func newReport(env *environment) *cobra.Command {
	r := &reporting{env: env}
	command := &cobra.Command{
		Use:   "report [TENANT]",
		Short: "Write a bundle for support, without secrets and e-mail addresses",
		Long: `Write a bundle for support: our objects of the namespace, or a Tenant with what belongs to it, their conditions and events;
the Deployments, pods and logs of the operator and the webhook; versions. No Secret is read. What looks like a token, a
password, a key or an e-mail address is taken out of all text. Look through it before you hand it on: names of workspaces
and of objects stay.

What can't be read is said in the bundle, in manifest.json, and is no error.`,
		Example: `  kubectl followup report -n followup
  kubectl followup report acme --output-file - | tar tz`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: env.completeTenants,
		RunE:              func(c *cobra.Command, args []string) error { return r.run(c.Context(), args) },
	}
	command.Flags().StringVar(&r.outputFile, "output-file", "", "where to write it, or - (default: followup-report-<time>.tar.gz)")
	command.Flags().StringVar(&r.operatorNamespace, "operator-namespace", "", "namespace of the operator (default: where its pods are found)")
	command.Flags().Int64Var(&r.lines, "log-lines", 1000, "how many of the last lines of each log")
	return command
}

func (r *reporting) run(ctx context.Context, args []string) error {
	kube, namespace, err := r.env.connect()
	if err != nil {
		return err
	}
	b := newBundle(r.env.now())
	if len(args) == 0 {
		b.addAll(ctx, kube, namespace)
	} else {
		tenant, err := getTenant(ctx, kube, namespace, args[0])
		if err != nil {
			return err
		}
		b.addTenant(ctx, kube, tenant)
	}
	b.addEvents(ctx, kube, namespace)
	r.addPods(ctx, kube, b, "webhook", webhookLabels, namespace)
	r.addPods(ctx, kube, b, "operator", operatorLabels, r.operatorNamespaceOr(ctx, kube, b))
	versions := pluginVersion()
	b.addText("versions.txt", fmt.Sprintf("kubectl followup %s (%s)\n%s", versions.Plugin, versions.Go, strings.Join(b.images, "\n")+"\n"))
	for _, problem := range b.problems {
		fmt.Fprintln(r.env.ErrOut, "not in the bundle:", problem)
	}
	return r.write(b)
}

// operatorNamespaceOr is the namespace that the flag says, or that the operator's pods are found in.
func (r *reporting) operatorNamespaceOr(ctx context.Context, kube client.Client, b *bundle) string {
	if r.operatorNamespace != "" {
		return r.operatorNamespace
	}
	pods, err := operatorPods(ctx, kube, "")
	if err != nil || len(pods) == 0 {
		b.problem("the operator's pods", cmp.Or(err, fmt.Errorf("none was found; --operator-namespace says where they are")))
		return usualNamespace
	}
	return pods[0].Namespace
}

func (r *reporting) write(b *bundle) error {
	if r.outputFile == "-" {
		return b.write(r.env.Out)
	}
	name := cmp.Or(r.outputFile, "followup-report-"+b.at.UTC().Format("20060102-150405")+".tar.gz")
	file, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("--output-file: %w", err)
	}
	if err := errors.Join(b.write(file), file.Close()); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	fmt.Fprintf(r.env.Out, "Wrote %s: %d files. Look through it before you hand it on.\n", name, len(b.files)+1)
	return nil
}

// addPods adds Deployments, pods and logs with these labels.
func (r *reporting) addPods(ctx context.Context, kube client.Client, b *bundle, folder string, labels client.MatchingLabels, namespace string) {
	b.addList(ctx, kube, folder+"/deployments.yaml", "apps/v1", "Deployment", client.InNamespace(namespace), labels)
	b.addList(ctx, kube, folder+"/pods.yaml", "v1", "Pod", client.InNamespace(namespace), labels)
	pods := &corev1.PodList{}
	if kube.List(ctx, pods, client.InNamespace(namespace), labels) != nil {
		return // said by addList
	}
	config, err := r.env.flags.ToRESTConfig()
	if err != nil {
		b.problem("logs", err)
		return
	}
	for _, pod := range pods.Items {
		for _, container := range append(pod.Spec.InitContainers, pod.Spec.Containers...) {
			b.images = append(b.images, fmt.Sprintf("%s/%s %s %s", pod.Namespace, pod.Name, container.Name, container.Image))
			for _, previous := range []bool{false, true}[:1+min(1, restarts(pod, container.Name))] {
				name := fmt.Sprintf("%s/logs/%s.%s.log", folder, pod.Name, container.Name)
				if previous {
					name = strings.TrimSuffix(name, "log") + "previous.log"
				}
				text, err := r.env.readLog(ctx, config, pod, &corev1.PodLogOptions{Container: container.Name, TailLines: &r.lines, Previous: previous})
				if err != nil {
					b.problem(name, err)
					continue
				}
				b.addText(name, string(text))
			}
		}
	}
}

func restarts(pod corev1.Pod, container string) int {
	for _, status := range pod.Status.ContainerStatuses {
		if status.Name == container {
			return int(status.RestartCount)
		}
	}
	return 0
}

// logReader reads a container's log.
type logReader func(context.Context, *rest.Config, corev1.Pod, *corev1.PodLogOptions) ([]byte, error)

// largestLog bounds what is kept of one log, in bytes.
const largestLog = 8 << 20

func readLog(ctx context.Context, config *rest.Config, pod corev1.Pod, options *corev1.PodLogOptions) ([]byte, error) {
	clientset, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	stream, err := clientset.CoreV1().Pods(pod.Namespace).GetLogs(pod.Name, options).Stream(ctx)
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	return io.ReadAll(io.LimitReader(stream, largestLog))
}

// addTenant adds a Tenant, its SlackApp and its connections.
func (b *bundle) addTenant(ctx context.Context, kube client.Client, tenant *v1alpha1.Tenant) {
	view := viewOf(tenant)
	view.addConnections(ctx, kube)
	view.addEvents(ctx, kube)
	var screen strings.Builder
	if err := view.screen(&screen, b.at); err != nil {
		b.problem("status.txt", err)
	}
	b.addText("status.txt", screen.String())
	b.addOne(ctx, kube, "tenants/"+tenant.Name+".yaml", target{kind: tenants(), name: tenant.Name}, tenant.Namespace)
	b.addOne(ctx, kube, "slackapps/"+view.SlackApp+".yaml", target{kind: kinds[1], name: view.SlackApp}, tenant.Namespace)
	for _, c := range view.Connections {
		b.addOne(ctx, kube, "crmconnections/"+c.Name+".yaml", target{kind: kinds[2], name: c.Name}, tenant.Namespace)
	}
}

// addAll adds all objects of our kinds in a namespace, and a table of their Tenants.
func (b *bundle) addAll(ctx context.Context, kube client.Client, namespace string) {
	for _, k := range kinds {
		b.addList(ctx, kube, strings.ToLower(k.name)+"s.yaml", v1alpha1.GroupVersion.String(), k.name, client.InNamespace(namespace))
	}
	list := &v1alpha1.TenantList{}
	if kube.List(ctx, list, client.InNamespace(namespace)) != nil {
		return // said by addList
	}
	var views []tenantView
	for i := range list.Items {
		views = append(views, viewOf(&list.Items[i]))
	}
	var text strings.Builder
	if err := tenantTable(&text, views, false, b.at); err != nil {
		b.problem("status.txt", err)
	}
	b.addText("status.txt", text.String())
}

// addEvents adds all events of the namespace about our kinds and what they own.
func (b *bundle) addEvents(ctx context.Context, kube client.Client, namespace string) {
	b.addList(ctx, kube, "events.yaml", "v1", "Event", client.InNamespace(namespace))
}
