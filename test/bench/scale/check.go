package main

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/followup-dev/followup-operator/test/bench/rounds"
)

//go:embed ranges.yaml
var ranges []byte

// bound is the range that a metric of a result is to be in.
type bound struct {
	Metric  string   `json:"metric"`
	What    string   `json:"what"`
	Unit    string   `json:"unit"`
	AtMost  *float64 `json:"atMost"`
	AtLeast *float64 `json:"atLeast"`
}

func bounds(text []byte) (all []bound, err error) {
	if err := yaml.UnmarshalStrict(text, &all); err != nil {
		return nil, fmt.Errorf("ranges.yaml: %w", err)
	}
	for _, b := range all {
		if b.Metric == "" || (b.AtMost == nil) == (b.AtLeast == nil) {
			return nil, fmt.Errorf("ranges.yaml: %q needs a metric and one of atMost and atLeast", b.Metric)
		}
	}
	return all, nil
}

// holds is false for what was not measured.
func (b bound) holds(measured map[string]float64) bool {
	value, ok := measured[b.Metric]
	if b.AtLeast != nil {
		return ok && value >= *b.AtLeast
	}
	return ok && value <= *b.AtMost
}

func (b bound) String() string {
	if b.AtLeast != nil {
		return fmt.Sprintf("at least %g", *b.AtLeast)
	}
	return fmt.Sprintf("at most %g", *b.AtMost)
}

var errOutOfRange = errors.New("something is out of its range")

// judge prints how a result compares with the ranges. It returns errOutOfRange if it misses one.
func judge(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var measured result
	if err := json.Unmarshal(text, &measured); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	all, err := bounds(ranges)
	if err != nil {
		return err
	}
	table, met := verdicts(all, measured.Metrics)
	fmt.Fprint(os.Stdout, table)
	if !met {
		return errOutOfRange
	}
	return nil
}

// verdicts is a table in Markdown, and whether all ranges hold.
func verdicts(all []bound, measured map[string]float64) (table string, met bool) {
	var text strings.Builder
	met = true
	text.WriteString("\n| metric | measured | range | verdict |\n|---|---|---|---|\n")
	for _, b := range all {
		holds := b.holds(measured)
		met = met && holds
		value := "-"
		if found, ok := measured[b.Metric]; ok {
			value = strings.TrimSpace(fmt.Sprintf("%.4g %s", found, b.Unit))
		}
		fmt.Fprintf(&text, "| %s | %s | %s | %s |\n", b.What, value, strings.TrimSpace(b.String()+" "+b.Unit), rounds.Verdict(holds))
	}
	return text.String(), met
}
