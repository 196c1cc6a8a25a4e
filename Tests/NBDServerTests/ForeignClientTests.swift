import Foundation
import Identity
import JoinCore
import NBDServer
import NIOPosix
import NIOSSL
import Primitives
import Testing

/// Other people's clients judge the server.
@Suite struct ForeignClientTests {
    @Test(.enabled(if: Foreign.has("nbdinfo"), "nbdinfo is not installed")) func nbdinfoSeesEverything() async throws {
        try await Server.with { server, _ in
            let one = try Foreign.run("nbdinfo", ["--json", server.uri])
            #expect(one.code == 0, "\(one.text)")
            for part in [
                #""protocol": "newstyle-fixed""#, #""structured": true"#, #""export-size": 16777216"#,
                #""description": "a disk""#, #""base:allocation""#, #""can_multi_conn": true"#, #""can_fua": true"#,
                #""can_trim": true"#, #""can_zero": true"#, #""can_fast_zero": true"#, #""can_df": true"#,
                #""is_read_only": false"#, #""block_size_minimum": 512"#, #""block_size_maximum": 33554432"#,
            ] { #expect(one.text.contains(part), "\(part) in \(one.text)") }
            let list = try Foreign.run("nbdinfo", ["--list", "nbd+unix:///?socket=\(server.socket)"])
            #expect(list.code == 0 && list.text.contains("export=\"disk\"") && list.text.contains("export=\"dirty\""))
            #expect(list.text.contains("keelson:dirty"))
            let unknown = try Foreign.run("nbdinfo", ["nbd+unix:///nothing?socket=\(server.socket)"])
            #expect(unknown.code != 0)
            #expect(unknown.text.contains("No such file or directory for export: nothing"), "\(unknown.text)")
        }
    }

    @Test(.enabled(if: Foreign.has("nbdinfo"), "nbdinfo is not installed")) func nbdinfoMapsWhatIsAllocated()
        async throws
    {
        try await Server.with { server, _ in
            let write = try Foreign.run(
                "qemu-io", ["-f", "raw", "-c", "write -P 7 1M 1M", "-c", "flush", server.uri])
            #expect(write.code == 0, "\(write.text)")
            let map = try Foreign.run("nbdinfo", ["--map", server.uri])
            let lines = map.text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
            #expect(
                lines == ["0 1048576 3 hole,zero", "1048576 1048576 0 data", "2097152 14680064 3 hole,zero"],
                "\(map.text)")
            let uri = "nbd+unix:///dirty?socket=\(server.socket)"
            let dirty = try Foreign.run("nbdinfo", ["--map=keelson:dirty", "--totals", uri])
            #expect(dirty.code == 0 && dirty.text.contains("8388608"), "\(dirty.text)")
        }
    }

    @Test(.enabled(if: Foreign.has("qemu-io"), "qemu-io is not installed")) func qemuIOReadsWhatItWrote() async throws {
        try await Server.with { server, _ in
            let done = try Foreign.run(
                "qemu-io",
                [
                    "-f", "raw", "-t", "none", "-c", "write -P 1 0 16M", "-c", "read -P 1 0 16M",
                    "-c", "write -f -P 2 4096 8192", "-c", "write -z 8M 1M", "-c", "write -z -u 10M 1M",
                    "-c", "discard 12M 1M", "-c", "flush", "-c", "read -P 0 8M 1M", "-c", "read -P 0 10M 1M",
                    "-c", "read -P 2 4096 8192", "-c", "read -P 1 9M 1M", server.uri,
                ])
            #expect(done.code == 0, "\(done.text)")
            #expect(!done.text.contains("failed") && !done.text.contains("mismatch"), "\(done.text)")
        }
    }

    @Test(.enabled(if: Foreign.has("qemu-img"), "qemu-img is not installed")) func qemuIMGConvertsAndCompares()
        async throws
    {
        try await Server.with(size: 64 << 20) { server, _ in
            let source = server.folder + "/source"
            try Self.pattern(64 << 20).write(to: URL(fileURLWithPath: source))
            let convert = try Foreign.run(
                "qemu-img", ["convert", "-n", "-f", "raw", "-O", "raw", "-m", "8", "-W", source, server.uri])
            #expect(convert.code == 0, "\(convert.text)")
            let compare = try Foreign.run("qemu-img", ["compare", "-f", "raw", "-F", "raw", source, server.uri])
            #expect(compare.code == 0, "\(compare.text)")
        }
    }

    @Test(.enabled(if: Foreign.has("nbdcopy"), "nbdcopy is not installed")) func nbdcopyCopiesInAndOut() async throws {
        try await Server.with(size: 64 << 20) { server, _ in
            let source = server.folder + "/source"
            let target = server.folder + "/target"
            let pattern = Self.pattern(64 << 20)
            try pattern.write(to: URL(fileURLWithPath: source))
            // Four connections, requests of up to 32 MiB.
            let enter = try Foreign.run(
                "nbdcopy", ["--flush", "--connections=4", "--request-size=33554432", source, server.uri])
            #expect(enter.code == 0, "\(enter.text)")
            let leave = try Foreign.run("nbdcopy", ["--connections=4", server.uri, target])
            #expect(leave.code == 0, "\(leave.text)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: target)) == pattern)
        }
    }

    @Test(
        .enabled(if: Foreign.has("fio"), "fio is not installed"), arguments: ["randrw", "rw"])
    func fioVerifiesWhatItWrote(kind: String) async throws {
        try await Server.with(size: 64 << 20) { server, _ in
            let done = try Foreign.run(
                "fio",
                [
                    "--name=verify", "--ioengine=nbd", "--uri=\(server.uri)", "--rw=\(kind)", "--bsrange=512-1M",
                    "--bs_unaligned=0", "--iodepth=64", "--size=64M", "--verify=crc32c", "--verify_fatal=1",
                    "--verify_backlog=64", "--verify_state_save=0", "--randseed=7", "--output-format=terse",
                ])
            #expect(done.code == 0, "\(done.text)")
        }
    }

    @Test(.enabled(if: Foreign.has("nbdinfo"), "nbdinfo is not installed"), arguments: [true, false])
    func tlsIsSpoken(isRequired: Bool) async throws {
        let now = WallTime(secondsSince1970: Int64(Date().timeIntervalSince1970))
        let authority = try CertificateAuthority(clusterName: "test", at: now)
        let key = NodeKey()
        let certificate = try authority.issue(to: ProvenPublicKey(key), name: "server", addresses: [], at: now)
        let identity = try NodeIdentity(key: key, certificate: certificate, trust: authority.trust)
        let tls = NBDTLS(
            context: try NIOSSLContext(configuration: try identity.serverTLS()),
            group: MultiThreadedEventLoopGroup.singleton, isRequired: isRequired)
        try await Server.with(tls: tls) { server, nbd in
            let port = try nbd.listen(try #require(IPAddress("127.0.0.1")), port: 0)
            try Data(authority.trust.pem.utf8).write(to: URL(fileURLWithPath: server.folder + "/ca-cert.pem"))
            let uri = "nbds://localhost:\(port)/disk?tls-certificates=\(server.folder)"
            let info = try Foreign.run("nbdinfo", [uri])
            #expect(info.code == 0 && info.text.contains("TLS"), "\(info.text)")
            let target = server.folder + "/target"
            let copy = try Foreign.run("nbdcopy", [uri, target])
            #expect(copy.code == 0, "\(copy.text)")
            let clear = try Foreign.run("nbdinfo", ["nbd://localhost:\(port)/disk"])
            #expect((clear.code == 0) == !isRequired, "\(clear.text)")
        }
    }

    /// Half zeros, half bytes that are not.
    static func pattern(_ size: Int) -> Data {
        var generator = SeededRandom(seed: 11)
        var data = Data(count: size)
        data.withUnsafeMutableBytes { bytes in
            for block in stride(from: 0, to: size, by: 131_072) {
                for offset in stride(from: block, to: block + 65_536, by: 8) {
                    bytes.storeBytes(of: generator.next(), toByteOffset: offset, as: UInt64.self)
                }
            }
        }
        return data
    }
}
