import Foundation
import Glibc
import NBDProtocol
import NBDServer
import Testing

/// libnbd's own shell, for what well-behaved programs never send.
@Suite(.enabled(if: Foreign.has("nbdsh"), "nbdsh is not installed")) struct ShellTests {
    private func shell(_ server: Server, _ script: String, export: String = "disk") throws {
        let start = "h.connect_uri('nbd+unix:///\(export)?socket=\(server.socket)')\n"
        let done = try Foreign.run("nbdsh", ["-c", Self.definitions, "-c", start + script])
        #expect(done.code == 0, "\(done.text)")
    }

    /// `fails` expects an errno.
    private static let definitions = """
        import errno
        def fails(code, call):
            try:
                call()
            except nbd.Error as error:
                assert error.errnum == code, (error, code)
                return
            assert False, "it did not fail"
        """

    @Test func whatIsOutsideOrNotAlignedIsRefusedAndTheConnectionGoesOn() async throws {
        try await Server.with(size: 1 << 20) { server, _ in
            try shell(
                server,
                """
                h.set_strict_mode(0)
                fails(errno.EINVAL, lambda: h.pread(512, 1 << 20))
                fails(errno.ENOSPC, lambda: h.pwrite(bytearray(1024), (1 << 20) - 512))
                fails(errno.EINVAL, lambda: h.pread(512, 100))
                fails(errno.EINVAL, lambda: h.pwrite(bytearray(100), 0))
                fails(errno.EINVAL, lambda: h.cache(512, 0))
                fails(errno.EINVAL, lambda: h.trim(512, 1 << 40))
                h.pwrite(b'k' * 512, 512, nbd.CMD_FLAG_FUA)
                assert h.pread(1024, 0) == bytearray(512) + b'k' * 512
                h.zero(512, 512, nbd.CMD_FLAG_NO_HOLE)
                h.zero(512, 0, nbd.CMD_FLAG_FAST_ZERO)
                assert h.pread(1024, 0) == bytearray(1024)
                h.trim(1 << 20, 0, nbd.CMD_FLAG_FUA)
                h.flush()
                h.shutdown()
                """)
            #expect(server.lastReport == .ended(export: "disk", reason: ""))
        }
    }

    @Test func readOnlyRefusesWrites() async throws {
        try await Server.with(isReadOnly: true) { server, _ in
            try shell(
                server,
                """
                assert h.is_read_only()
                h.set_strict_mode(0)
                fails(errno.EPERM, lambda: h.pwrite(bytearray(512), 0))
                fails(errno.EPERM, lambda: h.zero(512, 0))
                fails(errno.EPERM, lambda: h.trim(512, 0))
                h.pread(512, 0)
                h.flush()
                """)
        }
    }

    @Test func manyRequestsAreUnderWayAndAllAreAnswered() async throws {
        try await Server.with { server, _ in
            // More than there are slots and more bytes than there is memory, without a look at the answers.
            try shell(
                server,
                """
                data = nbd.Buffer.from_bytearray(bytearray(b'x' * 4096))
                cookies = [h.aio_pwrite(data, i * 4096) for i in range(1000)]
                big = [nbd.Buffer(16 << 20) for i in range(6)]
                cookies += [h.aio_pread(b, 0) for b in big]
                while h.aio_in_flight() > 0:
                    h.poll(-1)
                for c in cookies:
                    assert h.aio_command_completed(c)
                assert h.pread(4096, 999 * 4096) == b'x' * 4096
                """)
        }
    }

    @Test func simpleRepliesServeTheSame() async throws {
        try await Server.with { server, _ in
            let script = """
                h.set_request_structured_replies(False)
                h.set_export_name('disk')
                h.connect_unix('\(server.socket)')
                assert not h.get_structured_replies_negotiated()
                h.pwrite(b'k' * (1 << 20), 0)
                assert h.pread(1 << 20, 0) == b'k' * (1 << 20)
                h.set_strict_mode(0)
                fails(errno.EINVAL, lambda: h.pread(512, 1 << 40))
                """
            let done = try Foreign.run("nbdsh", ["-c", Self.definitions, "-c", script])
            #expect(done.code == 0, "\(done.text)")
        }
    }

    @Test func aDiskThatShrankIsAnInputOutputErrorAndTheConnectionGoesOn() async throws {
        try await Server.with(size: 1 << 20) { server, _ in
            try shell(
                server,
                """
                import os
                os.truncate('\(server.file)', 65536)
                fails(errno.EIO, lambda: h.pread(4096, 1 << 19))
                h.pread(4096, 0)
                """)
        }
    }
}
