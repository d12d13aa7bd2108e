package reconciler

import (
	"cmp"
	"context"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

// Outcomes of a reconcile, as the Observer hears them.
const (
	OutcomeSucceeded = "succeeded"
	OutcomeWaiting   = "waiting"
	OutcomeStalled   = "stalled"
	OutcomeFailed    = "failed"
)

// maxNote bounds an event's note, in bytes: the API takes 1024 (NoteLengthLimit).
//
// Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/events.go
const maxNote = 1000

// Observer counts reconciles and objects.
type Observer interface {
	Reconciled(kind, outcome string)
	SetObjects(kind string, ready, notReady int)
	DriftRepaired(kind string)
}

// Reporter tells what came of a reconcile: in the status, as an event, to the Observer, and to controller-runtime.
type Reporter struct {
	kind     string
	client   client.Client
	recorder events.EventRecorder
	observer Observer
	beside   []string

	mu    sync.Mutex
	ready map[types.NamespacedName]bool
	yes   int // how many of ready are true
}

// Cluster is how a controller reaches the API server, and who hears of what it does.
type Cluster struct {
	Client   client.Client // reads from the cache
	Live     client.Reader // reads from the API server
	Recorder events.EventRecorder
	Observer Observer
}

// NewReporter returns the Reporter of one kind. Beside Ready, events tell of the conditions that are named beside.
func NewReporter(kind string, cluster Cluster, beside ...string) *Reporter {
	return &Reporter{
		kind: kind, client: cluster.Client, recorder: cluster.Recorder, observer: cluster.Observer, beside: beside,
		ready: map[types.NamespacedName]bool{},
	}
}

// Finish maps what the phases found and came to onto obj's status, and writes it if it differs from that of before, the object
// as it was read. An event tells when Ready's status or reason changed.
func (r *Reporter) Finish(ctx context.Context, before, obj Object, found []metav1.Condition, err error) (ctrl.Result, error) {
	if ctx.Err() != nil || apierrors.IsConflict(err) {
		return ctrl.Result{}, err // says nothing about the object
	}
	var failure *Failure
	if err != nil {
		failure = failureOf(err)
	}
	summarise(obj, found, failure)
	acknowledge(obj)
	if err := r.writeStatus(ctx, before, obj); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	r.announce(ctx, before, obj, failure)
	for _, condition := range r.beside {
		r.announceBeside(ctx, before, obj, condition)
	}
	r.count(client.ObjectKeyFromObject(obj), Ready(obj).Status == metav1.ConditionTrue)
	return r.result(failure)
}

// Tell records an event beside those of conditions.
func (r *Reporter) Tell(ctx context.Context, obj Object, reason, message string) {
	ctrl.LoggerFrom(ctx).Info("told", "reason", reason, "message", message)
	r.recorder.Eventf(obj, nil, corev1.EventTypeNormal, reason, "Reconcile", "%s", cut(message, maxNote))
}

// Repaired tells that somebody else had changed what the database has of obj, and that it was written again. The columns are named,
// and what they held is not: it may be a customer's.
func (r *Reporter) Repaired(ctx context.Context, obj Object, columns []string) {
	ctrl.LoggerFrom(ctx).Info("repaired what somebody else had changed in the database", "columns", columns)
	r.observer.DriftRepaired(r.kind)
	r.recorder.Eventf(obj, nil, corev1.EventTypeWarning, v1alpha1.ReasonRepaired, "Reconcile", "%s", cut(repaired(columns), maxNote))
}

// Gone forgets an object that was deleted.
func (r *Reporter) Gone(key types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ready[key] {
		r.yes--
	}
	delete(r.ready, key)
	r.observer.SetObjects(r.kind, r.yes, len(r.ready)-r.yes)
}

// writeStatus sends a merge patch of the difference, and nothing when there is none. It needs no optimistic lock: the leader
// is the only writer.
func (r *Reporter) writeStatus(ctx context.Context, before, obj Object) error {
	patch := client.MergeFrom(before)
	data, err := patch.Data(obj)
	if err != nil || string(data) == "{}" {
		return err
	}
	return r.client.Status().Patch(ctx, obj, client.RawPatch(types.MergePatchType, data))
}

func (r *Reporter) announce(ctx context.Context, before, obj Object, failure *Failure) {
	was, is := Ready(before), Ready(obj)
	if was != nil && was.Status == is.Status && was.Reason == is.Reason {
		return
	}
	ctrl.LoggerFrom(ctx).Info("outcome changed", "ready", is.Status, "reason", is.Reason, "message", is.Message)
	eventType := corev1.EventTypeNormal
	if failure != nil && failure.kind != waiting {
		eventType = corev1.EventTypeWarning
	}
	r.recorder.Eventf(obj, nil, eventType, is.Reason, "Reconcile", "%s", cut(is.Message, maxNote))
}

// announceBeside tells when a condition became False, for another reason too, and when it became True again. That nothing is
// known of it for a while is no news.
func (r *Reporter) announceBeside(ctx context.Context, before, obj Object, condition string) {
	is := meta.FindStatusCondition(*obj.StatusConditions(), condition)
	was := cmp.Or(meta.FindStatusCondition(*before.StatusConditions(), condition), &metav1.Condition{})
	eventType := corev1.EventTypeNormal
	switch {
	case is == nil:
		return
	case is.Status == metav1.ConditionFalse && (was.Status != metav1.ConditionFalse || was.Reason != is.Reason):
		eventType = corev1.EventTypeWarning
	case is.Status == metav1.ConditionTrue && was.Status == metav1.ConditionFalse:
	default:
		return
	}
	ctrl.LoggerFrom(ctx).Info("condition changed", "condition", condition, "status", is.Status, "reason", is.Reason)
	r.recorder.Eventf(obj, nil, eventType, is.Reason, "Reconcile", "%s", cut(is.Message, maxNote))
}

func (r *Reporter) count(key types.NamespacedName, ready bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	was, known := r.ready[key]
	if known && was == ready {
		return
	}
	r.ready[key] = ready
	switch {
	case ready:
		r.yes++
	case was:
		r.yes--
	}
	r.observer.SetObjects(r.kind, r.yes, len(r.ready)-r.yes)
}

func (r *Reporter) result(failure *Failure) (ctrl.Result, error) {
	if failure == nil {
		r.observer.Reconciled(r.kind, OutcomeSucceeded)
		return ctrl.Result{}, nil
	}
	switch failure.kind {
	case stalled:
		r.observer.Reconciled(r.kind, OutcomeStalled)
		return ctrl.Result{}, nil
	case waiting:
		r.observer.Reconciled(r.kind, OutcomeWaiting)
		return ctrl.Result{RequeueAfter: wait.Jitter(failure.after, 0.1)}, nil // thousands that wait for the same don't stay in step
	default:
		r.observer.Reconciled(r.kind, OutcomeFailed)
		return ctrl.Result{}, failure
	}
}
