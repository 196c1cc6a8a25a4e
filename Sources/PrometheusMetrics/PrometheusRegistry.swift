import Metrics
import Synchronization

/// A backend of swift-metrics that keeps everything in memory and prints Prometheus' text format 0.0.4. Bounded: when
/// `capacity` series exist, further ones are counted as dropped and otherwise ignored.
public final class PrometheusRegistry: MetricsFactory, Sendable {
    private struct State {
        /// By metric name: all series of one name are of one kind.
        var families: [String: Family] = [:]
        var seriesCount = 0
        var dropped = 0
    }

    private struct Family {
        let kind: SeriesKind
        /// By printed labels.
        var series: [String: Series] = [:]
    }

    private let state = Mutex(State())
    private let capacity: Int

    public init(capacity: Int = 2_000) {
        precondition(capacity > 0, "a registry needs room for one series")
        self.capacity = capacity
    }

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(.counter, MetricName.name(label, suffix: "_total"), dimensions)
    }

    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(.counter, MetricName.name(label, suffix: "_total"), dimensions)
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(.gauge, MetricName.name(label), dimensions)
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        series(aggregate ? .histogram : .gauge, MetricName.name(label), dimensions)
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(.histogram, MetricName.name(label, suffix: "_seconds"), dimensions)
    }

    // Series outlive their handlers: a counter that is made again must go on where it was.
    public func destroyCounter(_ handler: any CounterHandler) {}
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    public func destroyMeter(_ handler: any MeterHandler) {}
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    public func destroyTimer(_ handler: any TimerHandler) {}

    private func series(_ kind: SeriesKind, _ name: String, _ dimensions: [(String, String)]) -> Series {
        let labels = MetricName.labels(dimensions)
        return state.withLock { state in
            var family = state.families[name] ?? Family(kind: kind)
            if family.kind == kind, let known = family.series[labels] { return known }
            let made = Series(kind: kind)
            guard family.kind == kind, state.seriesCount < capacity else {
                state.dropped += 1
                return made
            }
            family.series[labels] = made
            state.families[name] = family
            state.seriesCount += 1
            return made
        }
    }

    /// All series, sorted by name and labels, in the text format 0.0.4.
    public func text() -> String {
        let (families, dropped) = state.withLock { ($0.families, $0.dropped) }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            text += "# TYPE \(name) \(family.kind.rawValue)\n"
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
                text += series.lines(name: name, labels: labels)
            }
        }
        text += "# TYPE metrics_dropped_series_total counter\nmetrics_dropped_series_total \(dropped)\n"
        return text
    }
}
