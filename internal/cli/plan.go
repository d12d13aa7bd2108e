package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/resource"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/cli/redact"
	"github.com/followup-dev/followup-operator/internal/planreport"
)

// planPatience is how long the operator may think about a plan.
const planPatience = time.Minute

// planning is the command.
type planning struct {
	env               *environment
	output            format
	files             resource.FilenameOptions
	operatorNamespace string
	operatorURL       string
	apply             applying
}

func newPlan(env *environment) *cobra.Command {
	p := &planning{env: env}
	command := &cobra.Command{
		Use:   "plan -f FILE|DIRECTORY|-",
		Short: "Show what applying objects would change: in Kubernetes, in Postgres and in secrets",
		Long: `Show what applying objects would change: in Kubernetes, in Postgres and in secrets. Nothing is changed.

The API server is sent the objects as a dry run, with your rights, in the way that they were applied in before: as "kubectl
apply" does, or as their field manager did by server-side apply. Its answers go to the operator, through a port that is
forwarded to one of its pods; the operator reconciles them and takes it all back.

The exit code is 0 without changes, 2 with changes, and 1 after an error.`,
		Example: `  kubectl followup plan -f tenant.yaml
  kustomize build . | kubectl followup plan -f - -o json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return p.run(c.Context()) },
	}
	names, recursive, kustomize := &p.files.Filenames, &p.files.Recursive, &p.files.Kustomize
	files := genericclioptions.FileNameFlags{Usage: "what to plan:", Filenames: names, Recursive: recursive, Kustomize: kustomize}
	files.AddFlags(command.Flags())
	command.Flags().StringVar(&p.operatorNamespace, "operator-namespace", "", "namespace of the operator (default: where its pods are found)")
	command.Flags().StringVar(&p.operatorURL, "operator-url", "", "address of an operator that runs outside Kubernetes, such as http://127.0.0.1:8082")
	p.apply.addTo(command)
	p.output.addTo(command)
	return command
}

func (p *planning) run(ctx context.Context) error {
	if err := p.files.RequireFilenameOrKustomize(); err != nil {
		return errors.New("nothing to plan: name a file or a directory with -f, or - for what comes from a pipe")
	}
	kube, namespace, err := p.env.connect()
	if err != nil {
		return err
	}
	given, err := p.read(namespace)
	if err != nil {
		return err
	}
	report, err := p.report(ctx, kube, given)
	if err != nil {
		return err
	}
	if err := p.output.print(p.env.Out, report, func(w io.Writer) error { return render(w, report) }); err != nil {
		return err
	}
	return verdict(report)
}

// verdict is how the process ends.
func verdict(report planreport.Report) error {
	failed := failures(report)
	switch {
	case failed > 0:
		return fmt.Errorf("%d of %d objects can't be planned; the report says why", failed, len(report.Objects)+len(report.Dependents))
	case report.Changes():
		return exit{code: 2}
	}
	return nil
}

// failures counts the objects that are not planned to the end.
func failures(report planreport.Report) (n int) {
	for _, o := range slices.Concat(report.Objects, report.Dependents) {
		if o.Error != "" {
			n++
		}
	}
	return n
}

// read returns the objects of the files, as the cluster's kinds.
func (p *planning) read(namespace string) ([]*resource.Info, error) {
	builder := resource.NewBuilder(p.env.flags).Unstructured().NamespaceParam(namespace).DefaultNamespace()
	files := p.files
	if files.Filenames = slices.DeleteFunc(slices.Clone(files.Filenames), isPipe); len(files.Filenames) < len(p.files.Filenames) {
		builder.Stream(p.env.In, "standard input")
	}
	enforced := p.env.flags.Namespace != nil && *p.env.flags.Namespace != "" // -n and another namespace in a file disagree
	infos, err := builder.FilenameParam(enforced, &files).Flatten().Do().Infos()
	if err != nil {
		return nil, err
	}
	if len(infos) == 0 {
		return nil, fmt.Errorf("no object in %s", strings.Join(p.files.Filenames, ", "))
	}
	return infos, nil
}

func isPipe(filename string) bool { return filename == "-" }

// report asks the API server about each object and then the operator about those that the API server would take.
func (p *planning) report(ctx context.Context, kube client.Client, given []*resource.Info) (planreport.Report, error) {
	report := planreport.Report{Objects: make([]planreport.Object, len(given))}
	var asked []*unstructured.Unstructured
	var places []int // of asked, in the report
	for i, info := range given {
		o, _ := info.Object.(*unstructured.Unstructured)
		if o == nil {
			return report, fmt.Errorf("%s: %T is no object", info.Source, info.Object)
		}
		if info.Namespaced() {
			o.SetNamespace(info.Namespace)
		}
		report.Objects[i] = planreport.Object{Kind: o.GetKind(), Namespace: o.GetNamespace(), Name: o.GetName()}
		planned, err := p.apply.dryRun(ctx, kube, o)
		if err != nil {
			report.Objects[i].Action, report.Objects[i].Error = planreport.Unchanged, redact.Text(explainInvalid(err))
			continue
		}
		report.Objects[i].Action, report.Objects[i].Fields = planned.action, planned.fields
		if operatorKnows(o) {
			asked, places = append(asked, planned.object), append(places, i)
		}
	}
	if len(asked) > 0 {
		answer, err := p.ask(ctx, kube, asked)
		if err != nil {
			return report, err
		}
		report.Dependents, report.NotPlanned, report.Summary.NotReady = answer.Dependents, answer.NotPlanned, answer.Summary.NotReady
		for i, place := range places {
			report.Objects[place] = merge(report.Objects[place], answer.Objects[i])
		}
	}
	summarise(&report)
	return report, nil
}

// operatorKnows says whether an object has anything to do with the operator; others it is not bothered with.
func operatorKnows(o *unstructured.Unstructured) bool {
	kind := o.GroupVersionKind()
	return kind.Group == v1alpha1.GroupVersion.Group || (kind.Group == "" && (kind.Kind == "Secret" || kind.Kind == "ConfigMap"))
}

// merge takes what the operator says of an object. What would become of the object itself the API server knows best.
func merge(server, operator planreport.Object) planreport.Object {
	operator.Kind, operator.Namespace, operator.Name = server.Kind, server.Namespace, server.Name
	operator.Action, operator.Fields = server.Action, server.Fields
	return operator
}

// summarise counts the changes of all objects; which would not become ready the operator has counted.
func summarise(report *planreport.Report) {
	s := planreport.Summary{NotReady: report.Summary.NotReady}
	for _, o := range slices.Concat(report.Objects, report.Dependents) {
		if o.Action != planreport.Unchanged {
			s.Objects++
		}
		s.Rows += len(o.Rows)
		s.Kubernetes += len(o.Kubernetes)
	}
	report.Summary = s
}

// ask sends objects to the operator, and returns its report of them in the same order.
func (p *planning) ask(ctx context.Context, kube client.Client, objects []*unstructured.Unstructured) (planreport.Report, error) {
	ctx, cancel := context.WithTimeout(ctx, planPatience)
	defer cancel()
	address := strings.TrimSuffix(p.operatorURL, "/")
	if address == "" {
		pod, err := readyOperator(ctx, kube, p.operatorNamespace)
		if err != nil {
			return planreport.Report{}, err
		}
		config, err := p.env.flags.ToRESTConfig()
		if err != nil {
			return planreport.Report{}, err
		}
		local, stop, err := forward(ctx, config, pod, planPort)
		if err != nil {
			return planreport.Report{}, err
		}
		defer stop()
		address = "http://" + local
	}
	answer, err := postPlan(ctx, http.DefaultClient, address+"/plan", objects)
	if err != nil {
		return answer, err
	}
	if len(answer.Objects) != len(objects) {
		return answer, fmt.Errorf("the operator answered for %d of %d objects: is it of another version? Compare with kubectl followup version",
			len(answer.Objects), len(objects))
	}
	return answer, nil
}
