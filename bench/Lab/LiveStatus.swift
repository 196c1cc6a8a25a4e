import APIProtocol
import Primitives

/// Shows the cluster in the foreground: a redrawn screen on a terminal, else a line for each change.
public final class LiveStatus {
    private let cluster: KeelsonCluster
    private var lastLine = ""

    public init(_ cluster: KeelsonCluster) { self.cluster = cluster }

    /// Shows what is now.
    /// - Parameter notes: lines to keep below the screen.
    public func show(notes: [String] = []) {
        guard let status = current() else {
            guard !LabGuard.isEnding else { return }
            sayOnce("no node says that it is the master")
            return
        }
        guard Terminal.isInteractive else {
            sayOnce(StatusScreen.line(status))
            return
        }
        let lines = StatusScreen.lines(status) + [""] + notes + ["Ctrl-C stops everything."]
        // Home, every line cleared to its end, the rest of the screen cleared: no flicker.
        Terminal.draw("\u{1B}[H" + lines.map { $0 + "\u{1B}[K\n" }.joined() + "\u{1B}[J")
    }

    /// Whether there is a cluster of more than one node, all of them online.
    public var hasWholeCluster: Bool {
        guard let nodes = current()?.nodes else { return false }
        return nodes.count > 1 && nodes.allSatisfy { $0.state == .online }
    }

    /// The master's view; without a master the view of any node that answers.
    private func current() -> ClusterStatus? {
        do {
            return try cluster.status()
        } catch {
            for node in cluster.lab.nodes {
                do {
                    return try cluster.status(of: node)
                } catch {
                    continue  // This node is off: the next one may answer.
                }
            }
            return nil
        }
    }

    private func sayOnce(_ line: String) {
        guard line != lastLine else { return }
        lastLine = line
        Terminal.say(line)
    }
}
