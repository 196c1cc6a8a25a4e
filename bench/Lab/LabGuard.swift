import Dispatch
import Glibc
import Primitives
import Synchronization

/// Removes every living lab of this process when a signal ends it.
public enum LabGuard {
    private struct State {
        var labs: [Lab] = []
        var sources: [any DispatchSourceSignal] = []
        var exitCode: Int32?
        var isEnding = false
    }

    private static let state = Mutex(State())

    /// The exit code after a signal; nil (the default) is 128 plus the signal's number. `lab run` is meant to be ended
    /// by Ctrl-C, which is success there.
    public static func exitCode(onSignal code: Int32?) { state.withLock { $0.exitCode = code } }

    /// Whether a signal has begun to remove the labs: what fails from now on is no news.
    public static var isEnding: Bool { state.withLock { $0.isEnding } }

    static func watch(_ lab: Lab) {
        state.withLock { state in
            state.labs.append(lab)
            guard state.sources.isEmpty else { return }
            for number in [SIGINT, SIGTERM, SIGHUP] {
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler { end(signal: number) }
                source.resume()
                state.sources.append(source)
            }
        }
    }

    static func forget(_ lab: Lab) {
        state.withLock { state in state.labs.removeAll { $0 === lab } }
    }

    private static func end(signal number: Int32) {
        let (labs, code) = state.withLock { state in
            state.isEnding = true
            return (state.labs, state.exitCode)
        }
        var failed = false
        // Twice: the main thread may just have started something while the first round ran.
        for lab in labs + labs {
            do {
                try lab.remove()
            } catch {
                Terminal.complain("\(error)")
                failed = true
            }
        }
        exit(failed ? 1 : code ?? 128 + number)
    }
}
