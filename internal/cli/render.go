package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/followup-dev/followup-operator/internal/planreport"
)

// signs stand before what would happen, as in a diff.
var signs = map[planreport.Action]string{
	planreport.Create: "+", planreport.Update: "~", planreport.Delete: "-", planreport.Unchanged: " ",
}

// render writes a plan for people.
func render(w io.Writer, report planreport.Report) error {
	for _, o := range report.Objects {
		if err := renderObject(w, o); err != nil {
			return err
		}
	}
	if len(report.Dependents) > 0 {
		fmt.Fprint(w, "And of what depends on them:\n\n")
	}
	for _, o := range report.Dependents {
		if err := renderObject(w, o); err != nil {
			return err
		}
	}
	if report.NotPlanned > 0 {
		fmt.Fprintf(w, "%d more depend on them, and were not looked at.\n\n", report.NotPlanned)
	}
	_, err := fmt.Fprintln(w, summaryOf(report))
	return err
}

func renderObject(w io.Writer, o planreport.Object) error {
	fmt.Fprintf(w, "%s %s %s: %s\n", signs[o.Action], o.Kind, fullName(o.Namespace, o.Name), words(o))
	if o.Error != "" {
		fmt.Fprintf(w, "    ! %s\n", oneLine(o.Error))
	}
	if len(o.Fields) > 0 {
		fmt.Fprintf(w, "    fields: %s\n", strings.Join(o.Fields, ", "))
	}
	for _, part := range []func(io.Writer, planreport.Object) error{renderRows, renderResources, renderSecrets, renderConditions} {
		if err := part(w, o); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(w)
	return err
}

func words(o planreport.Object) string {
	if o.Error != "" {
		return "can't be planned"
	}
	return string(o.Action)
}

func fullName(namespace, name string) string {
	if namespace == "" {
		return name
	}
	return namespace + "/" + name
}

func renderRows(w io.Writer, o planreport.Object) error {
	for _, row := range o.Rows {
		fmt.Fprintf(w, "  %s row of %s: %s\n", signs[row.Action], row.Table, row.Action)
		var changes [][]string
		for _, c := range row.Changes {
			if c.From == "" {
				changes = append(changes, []string{c.Column, c.To})
				continue
			}
			changes = append(changes, []string{c.Column, fmt.Sprintf("%s -> %s", c.From, emptied(c.To))})
		}
		if err := table(w, "      ", nil, changes); err != nil {
			return err
		}
	}
	return nil
}

func emptied(to string) string {
	if to == "" {
		return "(nothing)"
	}
	return to
}

func renderResources(w io.Writer, o planreport.Object) error {
	for _, r := range o.Kubernetes {
		fmt.Fprintf(w, "  %s %s %s: %s", signs[r.Action], r.Kind, fullName(r.Namespace, r.Name), r.Action)
		if len(r.Fields) > 0 {
			fmt.Fprintf(w, " (%s)", strings.Join(r.Fields, ", "))
		}
		fmt.Fprintln(w)
	}
	return nil
}

func renderSecrets(w io.Writer, o planreport.Object) error {
	for _, s := range o.Secrets {
		name := s.Name
		if s.Key != "" {
			name += ", key " + s.Key
		}
		fmt.Fprintf(w, "    %s: Secret %s: %s", s.Field, name, s.State)
		if s.Note != "" {
			fmt.Fprintf(w, " (%s)", oneLine(s.Note))
		}
		fmt.Fprintln(w)
	}
	return nil
}

func renderConditions(w io.Writer, o planreport.Object) error {
	var rows [][]string
	for _, c := range o.Conditions {
		mark := " "
		if !well(c) {
			mark = "!"
		}
		rows = append(rows, []string{mark + " " + reasonOf(c), oneLine(c.Message)})
	}
	if len(rows) > 0 {
		fmt.Fprintln(w, "    it would be")
	}
	return table(w, "    ", nil, rows)
}

func summaryOf(report planreport.Report) string {
	failed := failures(report)
	s := report.Summary
	text := fmt.Sprintf("Plan: %d of %d objects, %d rows of Postgres and %d objects of the operator's would change",
		s.Objects, len(report.Objects), s.Rows, s.Kubernetes)
	if !report.Changes() && failed == 0 {
		text = "Plan: nothing would change"
	}
	if s.NotReady > 0 {
		text += fmt.Sprintf("; %d would not be Ready by what is known now", s.NotReady)
	}
	if failed > 0 {
		text += fmt.Sprintf("; %d can't be planned", failed)
	}
	return text + "."
}
