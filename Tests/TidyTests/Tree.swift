import Foundation

/// The files of the repository as the rules see them.
struct Tree {
    struct File {
        /// From the root, with slashes.
        let path: String
        let text: String

        var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
        /// The folder below Sources or Tests: the target.
        var target: String? {
            let parts = path.split(separator: "/")
            return parts.count > 2 && (parts[0] == "Sources" || parts[0] == "Tests") ? String(parts[1]) : nil
        }
        var isCore: Bool {
            path.hasPrefix("Sources/") && (target?.hasSuffix("Core") == true || target?.hasSuffix("Protocol") == true)
        }
        var isTest: Bool { path.hasPrefix("Tests/") }
    }

    let files: [File]
    let manifest: Manifest

    var swiftFiles: [File] { files.filter { $0.path.hasSuffix(".swift") } }

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// What is committed at the root and has no place there: a tool's cache goes in with the next `git add`.
    /// - Returns: nil outside of a repository, as in an archive of the sources.
    static func strangersAtTheRoot() throws -> [String]? {
        guard FileManager.default.fileExists(atPath: root.appending(path: ".git").path) else { return nil }
        let known: Set = [
            ".ci", ".gitignore", ".swift-format", "CHANGELOG.md", "LICENSE", "Makefile", "Package.swift", "README.md",
            "Sources", "Tests", "bench", "docs", "image", "installer", "rootfs",
        ]
        return try committed().filter { !known.contains(String($0.prefix { $0 != "/" })) }
    }

    private static func committed() throws -> [String] {
        let (git, output) = (Process(), Pipe())
        git.executableURL = URL(filePath: "/usr/bin/env")
        // Whoever builds need not be who has cloned.
        git.arguments = ["git", "-c", "safe.directory=*", "-C", root.path, "ls-files"]
        git.standardOutput = output
        try git.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        git.waitUntilExit()
        guard git.terminationStatus == 0 else { throw CocoaError(.fileReadUnknown) }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    static func read() throws -> Tree {
        var files: [File] = []
        for folder in ["Sources", "Tests", "bench", "docs", "image", "installer", "rootfs"] {
            files += try read(folder: folder)
        }
        for name in ["Package.swift", "Makefile", "README.md", "CHANGELOG.md"] {
            let url = root.appending(path: name)
            guard FileManager.default.fileExists(atPath: url.path) else { continue }
            files.append(File(path: name, text: try String(contentsOf: url, encoding: .utf8)))
        }
        let manifest = try String(contentsOf: root.appending(path: "Package.swift"), encoding: .utf8)
        return Tree(files: files, manifest: Manifest(manifest))
    }

    private static func read(folder: String) throws -> [File] {
        let top = root.appending(path: folder)
        guard let paths = FileManager.default.enumerator(atPath: top.path) else { return [] }
        let readable = [
            ".swift", ".c", ".h", ".md", ".sh", ".py", ".yaml", ".json", ".modulemap", ".html", ".css", ".js", ".toml",
        ]
        return try paths.compactMap { $0 as? String }.sorted()
            .filter { path in readable.contains { path.hasSuffix($0) } }
            .map { path in
                File(
                    path: "\(folder)/\(path)",
                    text: try String(contentsOf: top.appending(path: path), encoding: .utf8))
            }
    }
}

/// The floor lists of Package.swift.
struct Manifest {
    /// Names in the order of the lists, from the lowest floor up; each with its floor.
    let targets: [(name: String, floor: Int)]
    let testTargets: [String]

    init(_ text: String) {
        var targets: [(name: String, floor: Int)] = []
        let floors = ["c", "primitives", "cores", "adapters", "services", "programs"]
        for (floor, list) in floors.enumerated() {
            targets += Self.names(in: list, of: text).map { ($0, floor) }
        }
        self.targets = targets
        testTargets = Self.names(in: "testTargets", of: text)
    }

    /// What stands first in each entry of `let LIST: [Target] = [ … ]`.
    private static func names(in list: String, of text: String) -> [String] {
        guard let start = text.range(of: "let \(list): [Target] = [") else { return [] }
        let rest = text[start.upperBound...]
        let body = rest[..<(rest.range(of: "\n]")?.lowerBound ?? rest.firstIndex(of: "]") ?? rest.endIndex)]
        let entry = /(?:swift|program|tests|systemLibrary|target|cTarget|shim)\(\s*(?:name:\s*)?"([^"]+)"/
        return body.matches(of: entry).map { String($0.output.1) }
    }
}
