package telemetry

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
)

// Whoever writes a dashboard looks a series up in docs/metrics.md.
func TestEachMetricIsDocumented(t *testing.T) {
	webhook, operator := &declarations{}, &declarations{}
	NewWebhook(webhook)
	NewQueries(webhook)
	RegisterDirectory(webhook, nil, nil)
	RegisterPool(webhook, "webhook", nil)
	NewOperator(operator)
	NewQueries(operator)
	RegisterPool(operator, "operator", nil)
	page := readPage(t)
	for heading, declared := range map[string][]string{
		"Webhook, port 9090":      webhook.rows,
		"Operator, port 8080":     operator.rows,
		"Outcomes of a request":   values(requestOutcomes),
		"Outcomes of a notice":    values(noticeOutcomes),
		"Outcomes of a job's run": values(jobOutcomes),
		"Failed statements":       values(queryReasons),
		"Outcomes of a reconcile": values(reconcileOutcomes),
	} {
		documented := slices.Collect(page.rows(t, heading))
		slices.Sort(declared)
		slices.Sort(documented)
		if diff := cmp.Diff(declared, documented); diff != "" {
			t.Errorf("docs/metrics.md, %q (-declared +documented):\n%s", heading, diff)
		}
	}
}

// declarations takes collectors as a registry does, and keeps the row that each metric should have in the page.
type declarations struct {
	prometheus.Registerer
	rows []string
}

var described = regexp.MustCompile(`fqName: "([^"]+)".*constLabels: {([^}]*)}, variableLabels: {([^}]*)}`)

func (d *declarations) MustRegister(collectors ...prometheus.Collector) {
	for _, collector := range collectors {
		descriptions := make(chan *prometheus.Desc, 1)
		collector.Describe(descriptions)
		found := described.FindStringSubmatch((<-descriptions).String())
		label, _, _ := strings.Cut(found[2], "=")
		d.rows = append(d.rows, row(append([]string{found[1]}, strings.Split(label+","+found[3], ",")...)))
	}
}

func values(of map[string]bool) (rows []string) {
	for value := range maps.Keys(of) {
		rows = append(rows, row([]string{value}))
	}
	return rows
}

// row is a name and its labels.
func row(words []string) string {
	words = slices.DeleteFunc(words, func(word string) bool { return word == "" })
	slices.Sort(words[1:])
	return strings.Join(words, " ")
}

type page string

func readPage(t *testing.T) page {
	t.Helper()
	text, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	return page(text)
}

var code = regexp.MustCompile("`([a-z0-9_]+)`")

// rows are the first columns of the table below a heading; for series, with the labels that the second column names.
func (p page) rows(t *testing.T, heading string) func(yield func(string) bool) {
	t.Helper()
	_, section, found := strings.Cut(string(p), "# "+heading+"\n")
	if !found {
		t.Errorf("docs/metrics.md has no heading %q", heading)
	}
	section, _, _ = strings.Cut(section, "\n#")
	return func(yield func(string) bool) {
		for line := range strings.Lines(section) {
			columns := strings.Split(line, "|")
			if !strings.HasPrefix(line, "| `") {
				continue
			}
			words := columns[1]
			if strings.Contains(columns[1], namespace+"_") {
				words += columns[2]
			}
			var names []string
			for _, match := range code.FindAllStringSubmatch(words, -1) {
				names = append(names, match[1])
			}
			if !yield(row(names)) {
				return
			}
		}
	}
}
