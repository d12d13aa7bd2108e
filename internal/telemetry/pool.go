package telemetry

import "github.com/prometheus/client_golang/prometheus"

// PoolStats are the connections of a database pool at one moment.
type PoolStats struct {
	Max      int32
	Idle     int32
	Acquired int32
}

// RegisterPool exports the connections of the named pool, asked for at each scrape.
func RegisterPool(reg prometheus.Registerer, pool string, stats func() PoolStats) {
	reg.MustRegister(&poolCollector{stats: stats, desc: prometheus.NewDesc(
		prometheus.BuildFQName(namespace, "", "database_connections"), "Connections of a database pool by state.",
		[]string{"state"}, prometheus.Labels{"pool": pool},
	)})
}

type poolCollector struct {
	desc  *prometheus.Desc
	stats func() PoolStats
}

func (c *poolCollector) Describe(ch chan<- *prometheus.Desc) { ch <- c.desc }

func (c *poolCollector) Collect(ch chan<- prometheus.Metric) {
	s := c.stats()
	for state, n := range map[string]int32{"max": s.Max, "idle": s.Idle, "acquired": s.Acquired} {
		ch <- prometheus.MustNewConstMetric(c.desc, prometheus.GaugeValue, float64(n), state)
	}
}
