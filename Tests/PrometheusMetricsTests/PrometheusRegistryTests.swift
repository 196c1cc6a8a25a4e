import Metrics
import PrometheusMetrics
import Testing

@Suite("Prometheus registry")
struct PrometheusRegistryTests {
    @Test("Counters, gauges and timers are printed, sorted")
    func text() {
        let registry = PrometheusRegistry()
        registry.makeCounter(label: "api.requests", dimensions: [("path", "/v1/\"x\"\n")]).increment(by: 3)
        registry.makeMeter(label: "nodes", dimensions: []).set(2.5)
        registry.makeRecorder(label: "depth", dimensions: [], aggregate: false).record(Int64(7))
        let timer = registry.makeTimer(label: "renewal", dimensions: [("a", "1")])
        timer.recordNanoseconds(2_000_000)
        timer.recordNanoseconds(20_000_000_000)
        let text = registry.text()
        #expect(text.contains("# TYPE api_requests_total counter\napi_requests_total{path=\"/v1/\\\"x\\\"\\n\"} 3\n"))
        #expect(text.contains("# TYPE nodes gauge\nnodes 2.5\n"))
        #expect(text.contains("depth 7\n"))
        #expect(text.contains("renewal_seconds_bucket{a=\"1\",le=\"0.001\"} 0\n"))
        #expect(text.contains("renewal_seconds_bucket{a=\"1\",le=\"0.0025\"} 1\n"))
        #expect(text.contains("renewal_seconds_bucket{a=\"1\",le=\"10\"} 1\n"))
        #expect(text.contains("renewal_seconds_bucket{a=\"1\",le=\"+Inf\"} 2\n"))
        #expect(text.contains("renewal_seconds_sum{a=\"1\"} 20.002\n"))
        #expect(text.contains("renewal_seconds_count{a=\"1\"} 2\n"))
    }

    @Test("The same series made again goes on")
    func again() {
        let registry = PrometheusRegistry()
        registry.makeCounter(label: "x", dimensions: [("b", "2"), ("a", "1")]).increment(by: 1)
        registry.makeCounter(label: "x", dimensions: [("a", "1"), ("b", "2")]).increment(by: 1)
        #expect(registry.text().contains("x_total{a=\"1\",b=\"2\"} 2\n"))
    }

    @Test("Series beyond the capacity, or of another kind, are dropped and counted")
    func bounded() {
        let registry = PrometheusRegistry(capacity: 2)
        for number in 0..<5 {
            registry.makeCounter(label: "many", dimensions: [("n", "\(number)")]).increment(by: 1)
        }
        registry.makeMeter(label: "many_total", dimensions: []).set(1.0)
        let text = registry.text()
        #expect(text.contains("metrics_dropped_series_total 4\n"))
        #expect(!text.contains("n=\"2\""))
    }

    @Test("Names become what Prometheus allows")
    func names() {
        #expect(MetricName.name("1a.b-c d") == "_1a_b_c_d")
        #expect(MetricName.name("x_total", suffix: "_total") == "x_total")
        #expect(MetricName.labels([]) == "")
    }
}
