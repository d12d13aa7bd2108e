package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"
	"sigs.k8s.io/yaml"
)

// format is how a command prints: for people, or -o json or yaml.
type format string

const (
	formatText format = ""
	formatJSON format = "json"
	formatYAML format = "yaml"
)

func (f *format) addTo(command *cobra.Command) {
	command.Flags().VarP(f, "output", "o", "json or yaml, instead of text for people")
	_ = command.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]cobra.Completion{"json", "yaml"}, cobra.ShellCompDirectiveNoFileComp))
}

// Set reads the flag.
func (f *format) Set(value string) error {
	switch format(value) {
	case formatText, formatJSON, formatYAML:
		*f = format(value)
		return nil
	}
	return fmt.Errorf("use json or yaml")
}

func (f *format) String() string { return string(*f) }

// Type is shown in the help.
func (f *format) Type() string { return "format" }

// print writes a value as the format says, or has text write it for people.
func (f *format) print(w io.Writer, value any, text func(io.Writer) error) error {
	switch *f {
	case formatJSON:
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(value)
	case formatYAML:
		encoded, err := yaml.Marshal(value)
		if err != nil {
			return err
		}
		_, err = w.Write(encoded)
		return err
	default:
		return text(w)
	}
}

// table writes rows in columns that line up, each row indented. Nothing is written without rows.
func table(w io.Writer, indent string, header []string, rows [][]string) error {
	if len(rows) == 0 {
		return nil
	}
	var lined strings.Builder
	columns := tabwriter.NewWriter(&lined, 0, 0, 3, ' ', 0)
	if header != nil {
		rows = append([][]string{header}, rows...)
	}
	for _, row := range rows {
		line := strings.Join(row, "\t")
		if _, err := fmt.Fprintln(columns, indent+line); err != nil {
			return err
		}
	}
	if err := columns.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(lined.String()) {
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return nil
}

// ago is how long ago a time was, as kubectl says it, or a dash.
func ago(now time.Time, t *metav1.Time) string {
	if t == nil || t.IsZero() {
		return "-"
	}
	return duration.HumanDuration(max(0, now.Sub(t.Time)))
}

// or is text, or a dash where there is none.
func or(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// oneLine keeps a message of somebody else's from breaking a table.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
