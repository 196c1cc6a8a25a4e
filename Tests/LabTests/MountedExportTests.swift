import Glibc
import Lab
import Primitives
import Testing

/// The rig of the crash-consistency tests over a server that is not ours.
@Suite struct MountedExportTests {
    static let hasPrograms =
        access("/usr/bin/qemu-nbd", X_OK) == 0 && access("/usr/bin/nbdfuse", X_OK) == 0

    static let hasPostgres = ConditionTrait.enabled("PostgreSQL is not installed (packages.replication)") {
        try PostgresServer.installation() != nil
    }

    @Test(.enabled(if: hasPrograms, "needs qemu-nbd and nbdfuse (packages.replication)"), hasPostgres)
    func postgresKeepsItsCommits() throws {
        let folder = "/tmp/keelson-mounted-\(getpid())"
        try Command.run(["mkdir", folder])
        defer { #expect(throws: Never.self) { try Command.run(["rm", "-r", "--one-file-system", folder]) } }
        try Command.run(["truncate", "--size", "256M", "\(folder)/image"])
        let server = try ChildProcess.start(
            [
                "qemu-nbd", "--socket", "\(folder)/socket", "--format", "raw", "--persistent", "--export-name",
                "disk/0",
                "\(folder)/image",
            ], output: .file("\(folder)/output"))
        defer { server.killAndCollect() }
        try Condition.hold("qemu-nbd", within: .seconds(10)) { access("\(folder)/socket", F_OK) == 0 }

        let first = try MountedExport(
            socket: "\(folder)/socket", export: "disk/0", folder: "\(folder)/first", format: true)
        let postgres = try PostgresServer(folder: first.path)
        try postgres.create()
        for number in 1...5 { try postgres.commit(number) }
        try postgres.stop()
        try first.close()

        let second = try MountedExport(
            socket: "\(folder)/socket", export: "disk/0", folder: "\(folder)/second", format: false)
        let recovered = try PostgresServer(folder: second.path)
        try recovered.start()
        #expect(try recovered.numbers() == Array(1...5))
        try recovered.check()
        try recovered.stop()
        try second.close()
    }
}
