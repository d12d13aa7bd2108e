// Package chart tests the Helm chart: it renders charts/followup-operator with the pinned helm and looks at the objects.
//
// Start reading at TestAdminDSN, the property that matters most. That the objects work on a real cluster is shown by
// the demo, which installs the operator with this chart.
package chart
