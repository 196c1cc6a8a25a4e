import APIProtocol
import Linux
import MetricsCore
import NIOConcurrencyHelpers
import Primitives

/// What the master heard of the nodes' resources, as charts need it.
extension ClusterMember {
    /// A node's report has come.
    func take(_ report: NodeReport, from node: NodeID) {
        let now = BootClock.now
        book.withLockedValue { $0.heard(report, from: node, at: now) }
        metrics.withLockedValue { $0.record(report.resources.figures, of: node, at: now) }
    }

    func nodeMetrics(_ node: NodeID, minutes: Int) async throws -> NodeMetrics {
        _ = try requireMastership()
        guard view.withLockedValue({ $0.node(node) }) != nil else {
            throw APIError(.unknownNode, ["node": node.text])
        }
        let (now, wall) = (BootClock.now, Timestamp.now)
        let window = metrics.withLockedValue { $0.window(of: node, minutes: minutes, at: now) }
        return NodeMetrics(
            step: window.step, from: wall.adding(.zero - window.age), series: NodeMetrics.Series(window.values),
            maxima: window.maxima.map { NodeMetrics.Series($0) })
    }
}

extension NodeResources {
    /// In the order of `MetricsHistory.Measure`.
    var figures: MetricsHistory.Figures {
        func percent(_ part: UInt64, _ whole: UInt64) -> Float {
            whole == 0 ? 0 : Float(Double(part) / Double(whole) * 100)
        }
        return [
            Float(cpuPercent), percent(memoryUsedBytes, memoryTotalBytes), percent(diskUsedBytes, diskTotalBytes),
            Float(receiveBytesPerSecond), Float(transmitBytesPerSecond), Float(pressure.io),
        ]
    }
}

extension NodeMetrics.Series {
    /// With two decimals.
    init(_ moments: [MetricsHistory.Figures?]) {
        func series(_ measure: MetricsHistory.Measure) -> [Double?] {
            moments.map { figures in figures.map { (Double($0[measure.rawValue]) * 100).rounded() / 100 } }
        }
        self.init(
            cpu: series(.cpu), memory: series(.memory), disk: series(.disk), receive: series(.receive),
            transmit: series(.transmit), pressureIO: series(.pressureIO))
    }
}
