import BlockIO
import Glibc
import JournalCore
import Linux
import StreamProtocol

extension Journal {
    /// Opens the journal of a machine, or begins one. Blocks while it looks through what a crash left; not on a loop.
    ///
    /// - Parameters:
    ///   - folder: made when it is missing; of this journal alone.
    ///   - volumes: of a journal that begins now, with a base of zeros; nil: only open one that is there.
    ///   - listener: called on the loop.
    /// - Throws: `JournalOpenError`. A damage with which the journal can go on is no error but a finding.
    public static func open(
        _ folder: String, machine: MachineID, volumes: [JournalVolume]?, on host: JournalHost,
        configuration: JournalConfiguration = .standard, listener: @escaping @Sendable (JournalEvent) -> Void
    ) throws(JournalOpenError) -> Journal {
        let files = JournalFolder(path: folder)
        do throws(SystemError) {
            if volumes != nil { try DurableFile.makeFolder(folder, mode: 0o700) }
        } catch { throw JournalOpenError(folder, "\(error)") }
        let found = try FoundJournal(
            files, machine: machine, volumes: volumes, segmentSize: configuration.segmentSize)
        Reserve(files, bytes: configuration.reserve).fill()
        let journal = Journal(
            found, host: host, folder: files, configuration: configuration, listener: listener)
        if let tail = found.tail {
            do throws(BlockFileError) {
                let file = try BlockFile(tail.path, on: host.loop)
                journal.open = [OpenSegment(recovered: tail, file: file, owner: journal)]
            } catch { throw JournalOpenError(folder, "\(error)") }
        }
        let findings = found.findings
        host.loop.post {
            for finding in findings { journal.tell(.finding(finding)) }
            journal.makeSpare()
            journal.mergeRuns()
            journal.fold()
        }
        return journal
    }

    /// Deletes the journal in a folder that nobody has open, with base and everything. Blocks.
    ///
    /// - Throws: `SystemError`.
    public static func delete(_ folder: String) throws(SystemError) {
        let files = JournalFolder(path: folder)
        // The state last: a deletion that was cut off leaves a journal that can be deleted.
        for name in try files.names().sorted(by: { left, _ in left != "state" }) {
            try JournalFolder.remove(folder + "/" + name)
        }
        try systemCall("remove the folder", folder) { rmdir(folder) }
    }
}

/// A file that holds room for the time when the disk is full.
struct Reserve: Sendable {
    private let path: String
    private let bytes: Int

    init(_ folder: JournalFolder, bytes: Int) {
        path = folder.reserve
        self.bytes = bytes
    }

    /// Takes the room, if it can be had.
    func fill() {
        guard bytes > 0 else { return }
        do throws(SystemError) {
            let file = try OwnedDescriptor.open(path, flags: O_RDWR | O_CREAT)
            let code = posix_fallocate(file.raw, 0, off_t(bytes))
            guard code == 0 else { throw SystemError(operation: "reserve space for", subject: path, errno: code) }
        } catch {
            // Without it the journal works as well; a part of it would only take room from others.
            unlink(path)
        }
    }

    /// Gives the room to those who make room.
    func release() { unlink(path) }
}
