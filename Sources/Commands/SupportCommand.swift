import APIProtocol
import ArgumentParser
import Glibc
import Texts

/// `keelson support-bundle -o FILE`
struct SupportCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "support-bundle",
        abstract: "Writes status, history, logs and facts of this node into a file, without secrets.",
        discussion: "-o FILE is the same as --file FILE. With --list, shows what would be in it.")

    @Option(help: "Where to write it (tar.gz).", completion: .file()) var file: String?
    @Flag(help: "Only show what would be in it.") var list = false
    @OptionGroup var options: GlobalOptions

    func validate() throws {
        guard list != (file != nil) else { throw ValidationError("Give -o FILE, or --list.") }
    }

    func perform(_ session: Session) async throws {
        guard let file else { return try await show(session) }
        let bytes = try await session.client.data(.supportBundle)
        try Self.write(bytes, to: file)
        try session.done("support.written", ["bytes": Figures.bytes(UInt64(bytes.count)), "file": file])
    }

    private func show(_ session: Session) async throws {
        let items: ItemList<BundleItem> = try await session.client.call(.supportContents)
        try session.show(items) {
            Table.lines(
                header: ["file", "bytes", "what"].map { session.text("column.\($0)") },
                rows: items.items.map {
                    [$0.name, Figures.bytes(UInt64($0.bytes)), session.text("bundle.\($0.kind)")]
                })
        }
    }

    /// For the owner's eyes only.
    private static func write(_ bytes: [UInt8], to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + written, $0.count - written) }
            guard count >= 0 else { throw failure(path) }
            written += count
        }
    }

    private static func failure(_ path: String) -> CommandFailure {
        CommandFailure(
            status: .failed, description: "\(path) cannot be written: \(String(cString: strerror(errno))).")
    }
}
