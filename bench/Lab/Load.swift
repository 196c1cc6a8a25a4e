import Glibc
import Primitives

/// Other work on the machine: one busy loop for each core, in the host's namespace.
public struct Load: Sendable {
    private let children: [ChildProcess]

    /// - Parameter lab: marks the loops as this run's, so that they go with it.
    public init(_ lab: Lab) throws(LabError) {
        var children: [ChildProcess] = []
        for _ in 0..<max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) {
            children.append(
                try ChildProcess.start(
                    ["sh", "-c", "while :; do :; done"], environment: lab.environment, output: .discard))
        }
        self.children = children
    }

    public func stop() { for child in children { child.killAndCollect() } }
}
