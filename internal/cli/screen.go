package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
)

// screen writes the view for people: what is wrong first, then the rest.
func (v *tenantView) screen(w io.Writer, now time.Time) error {
	v.headline(w, now)
	for _, part := range []func(io.Writer, time.Time) error{v.wrong, v.facts, v.bars, v.connectionTable, v.eventTable} {
		if err := part(w, now); err != nil {
			return err
		}
	}
	for _, text := range v.Unreadable {
		fmt.Fprintf(w, "\nNot shown: %s\n", text)
	}
	return nil
}

func (v *tenantView) headline(w io.Writer, now time.Time) {
	fmt.Fprintf(w, "Tenant %s in namespace %s: ", v.Name, v.Namespace)
	ready := meta.FindStatusCondition(v.Conditions, v1alpha1.ConditionReady)
	if ready == nil {
		fmt.Fprintln(w, "not looked at by the operator yet")
		return
	}
	word := map[metav1.ConditionStatus]string{metav1.ConditionTrue: "Ready", metav1.ConditionFalse: "not Ready"}[ready.Status]
	fmt.Fprintf(w, "%s for %s", cmp.Or(word, "Ready is "+string(ready.Status)), ago(now, &ready.LastTransitionTime))
	if ready.Status != metav1.ConditionTrue {
		fmt.Fprintf(w, ", %s: %s", ready.Reason, oneLine(ready.Message))
	}
	fmt.Fprintln(w)
	if !v.UpToDate && v.Deleting == nil {
		fmt.Fprintln(w, "The operator has not acted on the present spec yet; what follows may be of the one before.")
	}
	if v.Deleting != nil {
		fmt.Fprintf(w, "It is being deleted, for %s%s.\n", ago(now, v.Deleting), v.erasing())
	}
}

func (v *tenantView) erasing() string {
	if v.Erasure == nil {
		return ""
	}
	text := ", and its data erased"
	if v.Erasure.Step != "" {
		text += ": " + v.Erasure.Step
	}
	if n := v.Erasure.RowsDeleted; n != nil {
		text += fmt.Sprintf(", %d rows so far", *n)
	}
	return text
}

// wrong lists the conditions that are not as they should be; Ready is in the headline.
func (v *tenantView) wrong(w io.Writer, now time.Time) error {
	var rows [][]string
	ready := meta.FindStatusCondition(v.Conditions, v1alpha1.ConditionReady)
	for _, c := range v.Conditions {
		if c.Type == v1alpha1.ConditionReady || well(c) {
			continue
		}
		if summary := c.Type == v1alpha1.ConditionReconciling || c.Type == v1alpha1.ConditionStalled; summary && ready != nil && c.Message == ready.Message {
			continue // says the same again
		}
		rows = append(rows, []string{c.Type + "=" + string(c.Status), c.Reason, ago(now, &c.LastTransitionTime), oneLine(c.Message)})
	}
	return table(w, "! ", nil, rows)
}

// well says whether a condition is as it should be.
func well(c metav1.Condition) bool {
	switch c.Type {
	case v1alpha1.ConditionHeld:
		return c.Status == metav1.ConditionFalse
	case v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled:
		return c.Status != metav1.ConditionTrue
	default:
		return c.Status == metav1.ConditionTrue && c.Reason != v1alpha1.ReasonRepaired
	}
}

func (v *tenantView) facts(w io.Writer, now time.Time) error {
	activity := "-"
	if v.LastActive != nil {
		activity = ago(now, v.LastActive) + " ago"
	}
	fmt.Fprintln(w)
	return table(w, "", nil, [][]string{
		{"Workspace", fmt.Sprintf("%s (%s), of SlackApp %s", v.Workspace.Name, cmp.Or(v.Workspace.TeamID, v.Workspace.EnterpriseID), v.SlackApp)},
		{"Plan", string(v.Plan) + v.trial(now)},
		{"Stop policy", string(v.StopPolicy)},
		{"Tenant ID", or(v.TenantID)},
		{"Users", count(v.Users)},
		{"Last activity", activity},
		{"Age", ago(now, &v.CreatedAt)},
	})
}

func (v *tenantView) trial(now time.Time) string {
	if v.TrialEndsAt == nil {
		return ""
	}
	at := v.TrialEndsAt.UTC().Format("2006-01-02 15:04 MST")
	if left := v.TrialEndsAt.Sub(now); left > 0 {
		return fmt.Sprintf(", on trial until %s (%s left)", at, duration.HumanDuration(left))
	}
	return ", on a trial that ended " + at
}

// bars shows each limit and, of a day's and a month's, how much of it is used.
func (v *tenantView) bars(w io.Writer, _ time.Time) error {
	limits := slices.Clone(v.Limits)
	order := []v1alpha1.LimitPeriod{v1alpha1.PerMinute, v1alpha1.PerHour, v1alpha1.PerDay, v1alpha1.PerMonth}
	slices.SortStableFunc(limits, func(a, b v1alpha1.LimitUsage) int {
		return cmp.Or(cmp.Compare(a.Resource, b.Resource), cmp.Compare(slices.Index(order, a.Period), slices.Index(order, b.Period)))
	})
	var rows [][]string
	for _, l := range limits {
		used, of := "", fmt.Sprint(l.Limit.Limit)
		if l.Used != nil {
			used = bar(*l.Used, int64(l.Limit.Limit))
			of = fmt.Sprintf("%d/%d", *l.Used, l.Limit.Limit)
		}
		rows = append(rows, []string{string(l.Resource), "a " + strings.ToLower(string(l.Period)), of, used})
	}
	if len(rows) > 0 {
		fmt.Fprintln(w, "\nLimits, used as of up to 10 minutes ago")
	}
	return table(w, "  ", nil, rows)
}

// bar is how much of a limit is used: full only where nothing is left, empty only where nothing is used.
func bar(used, limit int64) string {
	const width = 20
	filled := int(min(used, limit) * width / max(limit, 1))
	if used > 0 {
		filled = max(filled, 1)
	}
	return fmt.Sprintf("[%s%s] %d%%", strings.Repeat("#", filled), strings.Repeat(".", width-filled), used*100/max(limit, 1))
}

func (v *tenantView) connectionTable(w io.Writer, now time.Time) error {
	var rows [][]string
	for _, c := range v.Connections {
		rows = append(rows, []string{
			c.Name, string(c.Provider), statusOf(c.Conditions, v1alpha1.ConditionReady), statusOf(c.Conditions, v1alpha1.ConditionVerified),
			statusOf(c.Conditions, v1alpha1.ConditionHealthy), ago(now, c.LastSuccess),
		})
	}
	fmt.Fprintln(w, "\nConnections")
	if len(rows) == 0 {
		fmt.Fprintln(w, "  none")
		return nil
	}
	if err := table(w, "  ", []string{"NAME", "PROVIDER", "READY", "VERIFIED", "HEALTHY", "LAST SUCCESS"}, rows); err != nil {
		return err
	}
	for _, c := range v.Connections {
		for _, condition := range c.Conditions {
			if said := condition.Type != v1alpha1.ConditionReconciling && condition.Type != v1alpha1.ConditionStalled; said && !well(condition) {
				fmt.Fprintf(w, "  ! %s: %s, %s\n", c.Name, reasonOf(condition), oneLine(condition.Message))
			}
		}
	}
	return nil
}

// statusOf is a condition in a word, with its reason where it is not True.
func statusOf(conditions []metav1.Condition, conditionType string) string {
	c := meta.FindStatusCondition(conditions, conditionType)
	switch {
	case c == nil:
		return "-"
	case c.Status == metav1.ConditionTrue:
		return string(c.Status)
	default:
		return fmt.Sprintf("%s (%s)", c.Status, c.Reason)
	}
}

func reasonOf(c metav1.Condition) string {
	return fmt.Sprintf("%s=%s (%s)", c.Type, c.Status, c.Reason)
}

func (v *tenantView) eventTable(w io.Writer, now time.Time) error {
	fmt.Fprintln(w, "\nEvents")
	if len(v.Events) == 0 {
		fmt.Fprintln(w, "  none")
		return nil
	}
	var rows [][]string
	for _, e := range v.Events {
		rows = append(rows, []string{ago(now, &e.Time), e.Type, e.Object, e.Reason, oneLine(e.Message)})
	}
	return table(w, "  ", nil, rows)
}

func tenantTable(w io.Writer, views []tenantView, withNamespace bool, now time.Time) error {
	header := []string{"NAME", "WORKSPACE", "PLAN", "READY", "REASON", "HELD", "USERS", "USAGE", "CONNECTIONS", "ACTIVE", "AGE"}
	if withNamespace {
		header = append([]string{"NAMESPACE"}, header...)
	}
	var rows [][]string
	for _, v := range views {
		status, reason, held := "-", "-", "-"
		if c := meta.FindStatusCondition(v.Conditions, v1alpha1.ConditionReady); c != nil {
			status, reason = string(c.Status), c.Reason
		}
		if c := meta.FindStatusCondition(v.Conditions, v1alpha1.ConditionHeld); c != nil {
			held = string(c.Status)
		}
		row := []string{
			v.Name, v.Workspace.Name, string(v.Plan), status, reason, held, count(v.Users), or(v.Usage), or(v.Count.Summary),
			ago(now, v.LastActive), ago(now, &v.CreatedAt),
		}
		if withNamespace {
			row = append([]string{v.Namespace}, row...)
		}
		rows = append(rows, row)
	}
	return table(w, "", header, rows)
}

func count(n *int32) string {
	if n == nil {
		return "-"
	}
	return fmt.Sprint(*n)
}
