import APIProtocol
import CaptureProtocol
import Linux
import MembershipCore
import NIOConcurrencyHelpers
import Primitives
import StreamProtocol

@testable import ClusterService

extension TestCluster {
    /// Reports of all nodes, as the master hears them.
    /// - Parameters:
    ///   - lost: a node that has been silent for a while.
    ///   - unfit: a node that does not stand for master.
    func hear(_ streams: [NodeID: [StreamStatus]] = [:], without lost: NodeID? = nil, unfit: NodeID? = nil) {
        let nodes = first.view.withLockedValue { $0.nodes }
        let now = BootClock.now
        first.book.withLockedValue { book in
            book = HeartbeatBook(openedAt: now - .seconds(100))
            for node in nodes {
                let report = NodeReport(
                    name: node.name, address: node.address, role: .voter, sentAt: .now,
                    resources: NodeResources(
                        cpuPercent: 0, memoryUsedBytes: 0, memoryTotalBytes: 1,
                        pressure: Pressure(cpu: 0, memory: 0, io: 0), diskUsedBytes: 1, diskTotalBytes: 10,
                        receiveBytesPerSecond: 0, transmitBytesPerSecond: 0), versions: [:], raft: nil, domain: nil,
                    streams: streams[node.id] ?? [], isStanding: node.id != unfit)
                // A minute ahead: the test may take its time.
                book.heard(report, from: node.id, at: node.id == lost ? now - .seconds(50) : now + .seconds(60))
            }
        }
    }
}
