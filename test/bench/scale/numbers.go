package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/followup-dev/followup-operator/internal/telemetry"
)

// numbers are what a program tells of itself.
type numbers map[string]*dto.MetricFamily

func scrape(ctx context.Context, by *http.Client, url string) (numbers, error) {
	text, err := fetch(ctx, by, url)
	if err != nil {
		return nil, err
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	return parser.TextToMetricFamilies(bytes.NewReader(text))
}

func fetch(ctx context.Context, by *http.Client, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := by.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %.200s", url, response.Status, text)
	}
	return text, err
}

// by adds up the counters of a name, and how often a histogram of it was told something, by the values of labels.
func (n numbers) by(name string, labels ...string) map[string]float64 {
	found := map[string]float64{}
	for _, metric := range n[name].GetMetric() {
		var key []string
		for _, label := range labels {
			for _, pair := range metric.GetLabel() {
				if pair.GetName() == label && pair.GetValue() != "" {
					key = append(key, pair.GetValue())
				}
			}
		}
		found[strings.Join(key, " ")] += metric.GetCounter().GetValue() + float64(metric.GetHistogram().GetSampleCount())
	}
	return found
}

// statements are how often the operator sent each to the database.
func (n numbers) statements() map[string]float64 {
	return n.by("followup_database_query_seconds", "statement")
}

// sum adds up the counters and gauges of a name whose label has one of the values.
func (n numbers) sum(name, label string, values ...string) (total float64) {
	for _, metric := range n[name].GetMetric() {
		for _, pair := range metric.GetLabel() {
			for _, value := range values {
				if pair.GetName() == label && pair.GetValue() == value {
					total += metric.GetCounter().GetValue() + metric.GetGauge().GetValue()
				}
			}
		}
	}
	return total
}

// writes is how many requests the operator sent that change something.
func (n numbers) writes() float64 {
	return n.sum("rest_client_requests_total", "method", http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete)
}

// reconciled says whether the operator has looked at n Tenants and all that comes with them, and has nothing to do.
func (n numbers) reconciled(tenants int) bool {
	for controller, objects := range map[string]int{"slackapp": 1, "tenant": tenants, "crmconnection": 2 * tenants} {
		if n.sum("controller_runtime_reconcile_total", "controller", controller) < float64(objects) ||
			n.sum("workqueue_depth", "controller", controller) > 0 ||
			n.sum("controller_runtime_active_workers", "controller", controller) > 0 {
			return false
		}
	}
	return true
}

// ready says whether all is Ready that generate declared, as the operator tells it.
func (n numbers) ready(tenants int) bool {
	ready := map[string]float64{}
	for _, metric := range n["followup_objects"].GetMetric() {
		labels := map[string]string{}
		for _, pair := range metric.GetLabel() {
			labels[pair.GetName()] = pair.GetValue()
		}
		if labels["ready"] == "true" {
			ready[labels["kind"]] = metric.GetGauge().GetValue()
		}
	}
	return ready[telemetry.KindSlackApp] >= 1 && ready[telemetry.KindTenant] >= float64(tenants) && ready[telemetry.KindCRMConnection] >= 2*float64(tenants)
}
