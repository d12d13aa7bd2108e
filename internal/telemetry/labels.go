package telemetry

import "github.com/prometheus/client_golang/prometheus"

const namespace = "followup"

func set(values ...string) map[string]bool {
	s := make(map[string]bool, len(values))
	for _, v := range values {
		s[v] = true
	}
	return s
}

// bounded returns value if it is one of allowed, else "other": a label has as many values as this package lists.
func bounded(allowed map[string]bool, value string) string {
	if allowed[value] {
		return value
	}
	return KindOther
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
}

func histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: namespace, Name: name, Help: help, Buckets: buckets,
	}, labels)
}
