import Glibc
import Linux
import SupervisorCore

/// Where the processes' output goes: to the journal when the supervisor's own goes there, else into files.
struct OutputLogs {
    private final class Entry {
        let name: ProcessName
        let file: LogFile

        init(_ name: ProcessName, _ file: consuming LogFile) {
            self.name = name
            self.file = file
        }
    }

    private var entries: [Entry] = []
    private let inherits = ChildEnvironment.value("JOURNAL_STREAM") != nil

    /// - Returns: the descriptor of the process's log; nil: inherit.
    /// - Throws: `SystemError` when the file cannot be opened.
    mutating func descriptor(for name: ProcessName, in folder: String) throws(SystemError) -> Int32? {
        if inherits { return nil }
        if let entry = entries.first(where: { $0.name == name }) { return entry.file.descriptor }
        let entry = Entry(name, try LogFile("\(folder)/\(name.rawValue).log"))
        entries.append(entry)
        return entry.file.descriptor
    }

    /// - Returns: a sentence for each file that could not be rotated.
    func rotate() -> [String] {
        entries.compactMap { entry in
            do throws(SystemError) {
                try entry.file.rotateIfLarge()
                return nil
            } catch {
                return "the log of \(entry.name.rawValue) is not rotated: \(error)"
            }
        }
    }
}
