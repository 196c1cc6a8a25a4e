import APIProtocol
import ConfigurationCore
import Foundation
import Primitives
import Testing

@testable import ClusterService

/// Secrets of every kind are planted into every source and looked for in what tar unpacks.
@Suite struct SupportBundleTests {
    private static let marker = "PLANTED"
    private static let secrets = [
        "kj1.\(marker).0a0b.0c0d", "ku1.\(marker).0a", "ks1.\(marker)", "Authorization: Bearer \(marker)",
        "authorization=Basic \(marker)", "bearer \(marker)", "password: \(marker)", "smtp.password=\(marker)",
        #""secret" : "\#(marker)""#, "Cookie: keelson=\(marker)", "https://user:\(marker)@mail.example/",
        "-----BEGIN PRIVATE KEY-----\\n\(marker)\\n-----END PRIVATE KEY-----",
        "-----BEGIN EC PRIVATE KEY-----\n\(marker)\n-----END EC PRIVATE KEY-----",
        "-----BEGIN KEELSON LICENSE-----\n\(marker)\n-----END KEELSON LICENSE-----",
        "otpauth://totp/keelson?secret=\(marker)",
    ]
    private static let text = secrets.map { "2026-11-25 before \($0)\nafter\n" }.joined()

    @Test func noSecretLeavesTheNode() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "bundle-\(UUID())")
        let data = folder.appending(path: "data")
        for part in ["log", "identity"] {
            try FileManager.default.createDirectory(
                at: data.appending(path: part), withIntermediateDirectories: true)
        }
        let places = [
            "cluster.json", "epoch", "log/etcd.log", "log/etcd.log.1", "log/clusterd.log",
            "log/vipd.log", "identity/node.key", "founding.json", "setup.json",
        ]
        for place in places { try Self.text.write(to: data.appending(path: place), atomically: true, encoding: .utf8) }
        let configuration = NodeConfiguration(
            name: "n1", interface: "eth0", address: Subnet("10.77.0.11/24")!, data: data.path)
        let events = Self.secrets.map { secret in
            ClusterEvent(
                sequence: 1, at: Timestamp(milliseconds: 0), level: .info, kind: "k", message: secret,
                parameters: ["reason": secret])
        }
        let bundle = SupportBundle(
            configuration,
            documents: [
                .init("history/events.json", "events") { try SupportBundle.pretty(events) },
                .init("status.json", "status") { throw APIError(.internalError, ["reason": Self.text]) },
            ])
        let archive = folder.appending(path: "b.tar.gz")
        try Data(await bundle.archive(at: Timestamp(milliseconds: 1_000))).write(to: archive)
        let unpacked = folder.appending(path: "unpacked")
        try FileManager.default.createDirectory(at: unpacked, withIntermediateDirectories: true)
        let tar = try Process.run(
            URL(filePath: "/bin/tar"), arguments: ["-xzf", archive.path, "-C", unpacked.path])
        tar.waitUntilExit()
        #expect(tar.terminationStatus == 0)
        var found: [String] = []
        for case let url as URL in FileManager.default.enumerator(at: unpacked, includingPropertiesForKeys: nil)! {
            guard !url.hasDirectoryPath else { continue }
            let text = String(decoding: try Data(contentsOf: url), as: UTF8.self)
            #expect(!text.contains(Self.marker), "\(url.lastPathComponent): \(text)")
            found.append(String(url.path.dropFirst(unpacked.path.count + 1)))
        }
        let items = try await bundle.collect().map(\.item)
        #expect(found.sorted() == items.map(\.name).sorted())
        #expect(found.contains("keelson-n1/logs/etcd.log") && found.contains("keelson-n1/kernel/meminfo.txt"))
        #expect(!found.contains { $0.contains("node.key") })
        // What is not secret is still there.
        let log = try String(contentsOf: unpacked.appending(path: "keelson-n1/logs/etcd.log"), encoding: .utf8)
        #expect(log.contains("before") && log.contains("after"))
        for name in ["vipd", "clusterd"] {
            #expect(items.contains { $0.name.hasSuffix("logs/\(name).log") && $0.bytes > 100 })
        }
        try FileManager.default.removeItem(at: folder)
    }
}
