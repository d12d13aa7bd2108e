package telemetry

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// Kinds of objects that the operator reconciles.
const (
	KindSlackApp      = "SlackApp"
	KindTenant        = "Tenant"
	KindCRMConnection = "CRMConnection"
)

// Outcomes of a reconcile.
const (
	ReconcileSucceeded = "succeeded"
	ReconcileWaiting   = "waiting" // for something that is on its way
	ReconcileStalled   = "stalled" // until the object or what it refers to is changed
	ReconcileFailed    = "failed"  // will be retried
)

var (
	objectKinds       = set(KindSlackApp, KindTenant, KindCRMConnection)
	reconcileOutcomes = set(ReconcileSucceeded, ReconcileWaiting, ReconcileStalled, ReconcileFailed)
)

// Operator has the metrics of the control plane.
type Operator struct {
	objects    *prometheus.GaugeVec
	reconciles *prometheus.CounterVec
	repairs    *prometheus.CounterVec
}

// NewOperator registers the metrics of the control plane; it panics if they are registered already.
func NewOperator(reg prometheus.Registerer) *Operator {
	m := &Operator{
		objects: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: namespace, Name: "objects", Help: "Objects of followup.dev by kind and readiness.",
		}, []string{"kind", "ready"}),
		reconciles: counter("reconciles_total", "Reconciles by kind and outcome.", "kind", "outcome"),
		repairs:    counter("drift_repaired_total", "Objects whose rows somebody else had changed, which was undone, by kind.", "kind"),
	}
	reg.MustRegister(m.objects, m.reconciles, m.repairs)
	return m
}

// SetObjects records how many objects of a kind are ready and how many are not.
func (m *Operator) SetObjects(kind string, ready, notReady int) {
	kind = bounded(objectKinds, kind)
	m.objects.WithLabelValues(kind, strconv.FormatBool(true)).Set(float64(ready))
	m.objects.WithLabelValues(kind, strconv.FormatBool(false)).Set(float64(notReady))
}

// Reconciled counts a reconcile.
func (m *Operator) Reconciled(kind, outcome string) {
	m.reconciles.WithLabelValues(bounded(objectKinds, kind), bounded(reconcileOutcomes, outcome)).Inc()
}

// DriftRepaired counts an object whose rows somebody else had changed.
func (m *Operator) DriftRepaired(kind string) {
	m.repairs.WithLabelValues(bounded(objectKinds, kind)).Inc()
}
