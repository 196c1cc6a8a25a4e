import BlockIO
import Glibc
import JournalCore
import Linux
import StreamProtocol

extension Journal {
    /// Makes one index of four neighbouring ones of a size, so that a search goes through few. One at a time, and
    /// not beside a folding, which reads the same files.
    func mergeRuns() {
        guard !isMerging, !folding.isRunning, condition == .running || condition == .full, let range = nextMerge else {
            return
        }
        isMerging = true
        let parts = runs[range].map { IndexPart(path: $0.path, footer: $0.footer) }
        let base = state.base.ordinal
        host.slow.add { [folder, host] in
            let outcome: Result<SegmentFooter, any Error>
            do {
                outcome = .success(try IndexMerge(parts: parts, base: base, folder: folder).write())
            } catch { outcome = .failure(error) }
            host.loop.post { self.merged(parts, outcome) }
        }
    }

    private var nextMerge: Range<Int>? {
        var end = runs.count
        while end >= IndexRun.fanOut {
            let range = end - IndexRun.fanOut..<end
            let level = runs[range.upperBound - 1].level
            if runs[range].allSatisfy({ $0.level == level }) { return range }
            end -= 1
        }
        return nil
    }

    private func merged(_ parts: [IndexPart], _ outcome: Result<SegmentFooter, any Error>) {
        isMerging = false
        defer {
            fold()
            finishClosing()
        }
        switch outcome {
        case .success(let footer):
            let first = runs.firstIndex { $0.segments == parts[0].footer.segments }
            // A folding may have removed the oldest of them meanwhile.
            guard let first, first + parts.count <= runs.count else {
                return removeIndex(folder.index(footer.segments))
            }
            let old = runs[first..<first + parts.count].map { $0 }
            runs.replaceSubrange(
                first..<first + parts.count, with: [IndexRun(path: folder.index(footer.segments), footer: footer)])
            for run in old where run.segments.count > 1 { removeIndex(run.path) }
            mergeRuns()
        case .failure(let error as JournalFormatError):
            tell(.finding(JournalFinding(.index, file: parts[0].path, offset: 0, cause: "\(error)")))
        case .failure:
            // Without room the indexes stay as they are; the next sealing tries again.
            return
        }
    }

    func removeIndex(_ path: String) {
        do throws(SystemError) { try JournalFolder.remove(path) } catch {
            tell(.finding(JournalFinding(.index, file: path, offset: 0, cause: "\(error)")))
        }
    }
}

/// An index on the disk, for another thread than the loop.
struct IndexPart: Sendable {
    let path: String
    let footer: SegmentFooter
}

/// Merges neighbouring indexes into a file of their own.
struct IndexMerge: Sendable {
    let parts: [IndexPart]
    /// What the base has is left out.
    let base: UInt64
    let folder: JournalFolder

    private static let chunk = 4 << 20

    /// - Throws: `JournalFormatError` of a damaged index, `SystemError`; then nothing is left.
    func write() throws -> SegmentFooter {
        let range = parts[0].footer.segments.lowerBound...parts[parts.count - 1].footer.segments.upperBound
        let path = folder.index(range)
        let temporary = path + ".new"
        do {
            let footer = try write(range, to: temporary)
            try systemCall("rename over", path) { rename(temporary, path) }
            try folder.flush()
            return footer
        } catch {
            // Best effort: the error that is thrown says what matters.
            unlink(temporary)
            throw error
        }
    }

    private func write(_ range: ClosedRange<UInt32>, to path: String) throws -> SegmentFooter {
        let file = try OwnedDescriptor.open(path, flags: O_RDWR | O_CREAT | O_TRUNC)
        var merge = try ExtentMerge(try parts.compactMap { try MappedIndex.open($0.path, $0.footer) })
        var builder = ExtentImageBuilder()
        var written: UInt64 = 0
        func writeBlocks() throws(SystemError) {
            let blocks = builder.takeBlocks()
            try blocks.withBytes { bytes throws(SystemError) in
                try file.write(bytes, at: written, subject: path)
            }
            written += UInt64(blocks.count)
        }
        while let extent = try merge.next() {
            if extent.ordinal <= base { continue }
            builder.append(extent)
            if builder.readyBytes >= Self.chunk { try writeBlocks() }
        }
        let fences = builder.finish()
        try writeBlocks()
        let sections = SegmentFooterParts(
            fences: fences.map { ($0.fences, $0.ordinals) }, frames: [], notes: [])
        let (closing, footer) = sections.closing(
            machine: parts[0].footer.machine, segments: range, start: parts[0].footer.start,
            end: parts[parts.count - 1].footer.end, indexStart: 0)
        try closing.withBytes { bytes throws(SystemError) in
            try file.write(bytes, at: written, subject: path)
        }
        try systemCall("flush", path) { fsync(file.raw) }
        return footer
    }
}
