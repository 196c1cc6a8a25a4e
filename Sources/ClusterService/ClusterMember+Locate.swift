import APIProtocol
import ConfigurationCore
import Linux
import Logging
import NIOConcurrencyHelpers
import Primitives

/// Finding the machine among many: its port blinks, or its console says so.
extension ClusterMember {
    /// The wish goes to the node with the answer to its next report, once.
    func locate(_ node: NodeID, seconds: Int) async throws {
        _ = try requireMastership()
        guard let record = view.withLockedValue({ $0.node(node) }) else {
            throw APIError(.unknownNode, ["node": node.text])
        }
        let now = BootClock.now
        guard node == self.node || book.withLockedValue({ $0.state(of: node, at: now) }) == .online else {
            throw APIError(.notEligible, ["node": record.name, "reason": "it is not online"])
        }
        if node == self.node {
            makeKnown(seconds: seconds)
        } else {
            progress.withLockedValue { $0.locating[node] = seconds }
        }
    }

    /// For the answer to a node's report.
    func takeLocating(of node: NodeID) -> Int? {
        progress.withLockedValue { $0.locating.removeValue(forKey: node) }
    }

    /// Returns at once. The kernel blocks the thread that asks until the time is over, so it gets one of its own.
    func makeKnown(seconds: Int) {
        do throws(SystemError) {
            _ = try OwnedThread("locate") { self.blink(seconds: seconds) }
        } catch {
            logger.error("this node cannot make itself known: \(error)")
        }
    }

    private func blink(seconds: Int) {
        let interface = configuration.interface
        do throws(SystemError) {
            // The first second tells whether the hardware can.
            try Locator.blink(interface, seconds: 1)
            journal.record(.locatingPort, ["interface": interface, "seconds": "\(seconds)"])
            if seconds > 1 { try Locator.blink(interface, seconds: UInt32(seconds - 1)) }
        } catch {
            sayOnConsole(because: error)
        }
    }

    private func sayOnConsole(because reason: SystemError) {
        do throws(SystemError) {
            try Locator.say("*** \(configuration.name): this is the node that is looked for ***")
            journal.record(.locatingConsole, ["reason": "\(reason)"])
        } catch {
            journal.record(.locateFailed, ["reason": "\(reason); \(error)"])
        }
    }
}
