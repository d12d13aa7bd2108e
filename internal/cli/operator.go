package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/spdy"
	"k8s.io/streaming/pkg/httpstream"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// usualNamespace is where docs/install.md installs the operator; we look there when we may not look everywhere.
	usualNamespace = "followup-system"
	// planPort is where each operator pod listens for plans, on its loopback.
	planPort = 8082
)

var (
	operatorLabels = client.MatchingLabels{"app.kubernetes.io/name": "followup-operator"}
	webhookLabels  = client.MatchingLabels{"app.kubernetes.io/name": "followup-webhook"}
)

// operatorPods lists the operator's pods, those that are ready first. An empty namespace is all that may be read.
func operatorPods(ctx context.Context, kube client.Client, namespace string) ([]corev1.Pod, error) {
	list := &corev1.PodList{}
	err := kube.List(ctx, list, operatorLabels, client.InNamespace(namespace))
	if namespace == "" && apierrors.IsForbidden(err) {
		err = kube.List(ctx, list, operatorLabels, client.InNamespace(usualNamespace))
	}
	if err != nil {
		return nil, fmt.Errorf("look for the operator's pods (--operator-namespace says where they are): %w", err)
	}
	slices.SortStableFunc(list.Items, func(a, b corev1.Pod) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Namespace+a.Name, b.Namespace+b.Name))
	})
	return list.Items, nil
}

func rank(p corev1.Pod) int {
	if podReady(p) {
		return 0
	}
	return 1
}

func podReady(p corev1.Pod) bool {
	return p.DeletionTimestamp == nil && slices.ContainsFunc(p.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}

// readyOperator returns a pod of the operator that can be asked.
func readyOperator(ctx context.Context, kube client.Client, namespace string) (*corev1.Pod, error) {
	pods, err := operatorPods(ctx, kube, namespace)
	if err != nil {
		return nil, err
	}
	where := "any namespace that you may read; --operator-namespace says where it is, --operator-url where it runs outside Kubernetes"
	if namespace != "" {
		where = fmt.Sprintf("namespace %q (--operator-namespace)", namespace)
	}
	switch {
	case len(pods) == 0:
		return nil, fmt.Errorf("there is no pod with the label app.kubernetes.io/name=%s in %s", operatorLabels["app.kubernetes.io/name"], where)
	case !podReady(pods[0]):
		return nil, fmt.Errorf("no pod of the operator is ready: kubectl describe pod %s -n %s", pods[0].Name, pods[0].Namespace)
	}
	return &pods[0], nil
}

// operatorState says in words whether the operator runs, for who waits for it in vain.
func (e *environment) operatorState(ctx context.Context, kube client.Client) string {
	pods, err := operatorPods(ctx, kube, "")
	if err != nil {
		return "does the operator run? Its pods can't be looked at: " + err.Error()
	}
	if len(pods) == 0 {
		return "there is no pod of the operator (label app.kubernetes.io/name=" + operatorLabels["app.kubernetes.io/name"] + ")"
	}
	ready := 0
	for _, p := range pods {
		ready += 1 - rank(p)
	}
	look := fmt.Sprintf("kubectl logs -n %s %s", pods[0].Namespace, pods[0].Name)
	return fmt.Sprintf("%d of %d pods of the operator are ready; what it says: %s", ready, len(pods), look)
}

// forward opens a port of this machine that leads to a pod's, until stop is called.
func forward(ctx context.Context, config *rest.Config, pod *corev1.Pod, port int) (address string, stop func(), err error) {
	clientset, err := kubernetes.NewForConfig(config)
	if err != nil {
		return "", nil, err
	}
	to := clientset.CoreV1().RESTClient().Post().Resource("pods").Namespace(pod.Namespace).Name(pod.Name).SubResource("portforward").URL()
	dialer, err := dialerFor(config, to)
	if err != nil {
		return "", nil, err
	}
	ctx, stop = context.WithCancel(ctx)
	ready := make(chan struct{})
	var complaints strings.Builder
	forwarder, err := portforward.NewOnAddressesForStreamingWithContext(
		ctx, dialer, []string{"127.0.0.1"}, []string{fmt.Sprintf("0:%d", port)}, ready, io.Discard, &complaints,
	)
	if err != nil {
		stop()
		return "", nil, err
	}
	failed := make(chan error, 1)
	go func() { failed <- forwarder.ForwardPorts() }()
	select {
	case <-ready:
	case err := <-failed:
		stop()
		return "", nil, fmt.Errorf("forward a port to pod %s in namespace %s: %w", pod.Name, pod.Namespace, cmp.Or(err, errors.New("it ended")))
	}
	ports, err := forwarder.GetPorts()
	if err != nil {
		stop()
		return "", nil, err
	}
	return fmt.Sprintf("127.0.0.1:%d", ports[0].Local), stop, nil
}

// dialerFor speaks WebSocket to an API server, and SPDY to one that does not, as kubectl does.
func dialerFor(config *rest.Config, to *url.URL) (httpstream.Dialer, error) {
	transport, upgrader, err := spdy.RoundTripperFor(config)
	if err != nil {
		return nil, err
	}
	old := spdy.NewDialerForStreaming(upgrader, &http.Client{Transport: transport}, http.MethodPost, to)
	modern, err := portforward.NewSPDYOverWebsocketDialerForStreaming(to, config)
	if err != nil {
		return nil, err
	}
	return portforward.NewFallbackDialerForStreaming(modern, old, func(err error) bool {
		return httpstream.IsUpgradeFailure(err) || httpstream.IsHTTPSProxyError(err)
	}), nil
}
