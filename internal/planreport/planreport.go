package planreport

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Action is what would happen to an object or a row.
type Action string

const (
	Create    Action = "create"
	Update    Action = "update"
	Delete    Action = "delete"
	Unchanged Action = "unchanged"
)

// Report is of all objects of a plan.
type Report struct {
	Objects []Object `json:"objects"` // in the order in which they were given
	// Dependents were not given, and would change all the same: the Tenants of a SlackApp, the CRMConnections of a Tenant.
	Dependents []Object `json:"dependents,omitempty"`
	// NotPlanned is how many more dependents there are than are looked at.
	NotPlanned int     `json:"notPlanned,omitempty"`
	Summary    Summary `json:"summary"`
}

// Changes says whether anything would change.
func (r Report) Changes() bool {
	return r.Summary.Objects+r.Summary.Rows+r.Summary.Kubernetes > 0
}

// Object is one object and all that its reconcile would come to.
type Object struct {
	Kind       string             `json:"kind"`
	Namespace  string             `json:"namespace,omitempty"`
	Name       string             `json:"name"`
	Action     Action             `json:"action"`               // to the object itself
	Fields     []string           `json:"fields,omitempty"`     // of the object that would change, as paths: spec.plan
	Conditions []metav1.Condition `json:"conditions,omitempty"` // that it would have; Ready first
	Rows       []Row              `json:"rows,omitempty"`
	Kubernetes []Resource         `json:"kubernetes,omitempty"`
	Secrets    []Secret           `json:"secrets,omitempty"`
	// Error is why no more is known: the operator doesn't know the kind, or its reconcile failed.
	Error string `json:"error,omitempty"`
}

// Row is a row of Postgres that would change.
type Row struct {
	Table   string   `json:"table"`
	Action  Action   `json:"action"`
	Changes []Change `json:"changes,omitempty"`
}

// Change is that of a column. From is empty for a row that is new.
type Change struct {
	Column string `json:"column"`
	From   string `json:"from,omitempty"`
	To     string `json:"to,omitempty"`
}

// Resource is an object that the operator would make, change or delete for one that is planned.
type Resource struct {
	Kind      string   `json:"kind"`
	Namespace string   `json:"namespace,omitempty"`
	Name      string   `json:"name"`
	Action    Action   `json:"action"`
	Fields    []string `json:"fields,omitempty"` // paths that would change, of an update
}

// Secret says where a credential comes from and whether it is there. It never holds a value.
type Secret struct {
	Field string `json:"field"` // of the planned object: spec.slack.credentials
	Name  string `json:"name"`
	Key   string `json:"key,omitempty"`
	State State  `json:"state"`
	Note  string `json:"note,omitempty"` // what is wrong with it, or awaited
}

// State is how a credential is.
type State string

const (
	Present     State = "present"
	Missing     State = "missing"
	Invalid     State = "invalid"
	ToBeFetched State = "to be fetched" // by External Secrets
)

// Summary counts what would change.
type Summary struct {
	Objects    int `json:"objects"`    // given ones that are new or differ
	Rows       int `json:"rows"`       // of Postgres; dependents' too
	Kubernetes int `json:"kubernetes"` // made, changed or deleted by the operator; for dependents too
	NotReady   int `json:"notReady"`   // objects that would not become Ready by what is known now
}
