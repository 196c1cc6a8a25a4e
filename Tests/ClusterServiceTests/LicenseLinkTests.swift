import APIProtocol
import Foundation
import Glibc
import LicenseCore
import LicenseProtocol
import Linux
import Primitives
import Testing

@testable import ClusterService

/// The cluster daemon's questions to the real validator.
@Suite(.serialized) struct LicenseLinkTests {
    private static let start = Timestamp("2026-11-01T00:00:00.000Z")!

    private static func machine(_ number: Int) -> HardwarePrint {
        HardwarePrint(hashing: ["uuid-\(number)", "board-\(number)", "mac-\(number)", "disk-\(number)"])
    }

    private static func license(binding: [HardwarePrint] = []) -> License {
        License(
            id: "L-1", customer: "Anna", kind: .perpetual, issued: start, validFrom: start, expires: nil,
            limits: .init(nodes: 3), binding: binding)
    }

    private static func facts(_ hardware: [HardwarePrint] = []) -> LicenseState.Facts {
        LicenseState.Facts(
            now: start, latestSeen: start, hardware: hardware, nodes: 3, hosts: 0, tebibytes: 0)
    }

    private func code(_ body: () async throws -> Void) async throws -> APIErrorCode? {
        do {
            try await body()
            return nil
        } catch let error as APIError {
            return error.code
        }
    }

    @Test func asksAndIsAnswered() async throws {
        let program = try LicensedProgram()
        #expect(try await program.link.hardware().parts.count == 4)
        let judged = try await program.link.judge(try program.text(Self.license()), Self.facts())
        #expect(judged.license == Self.license().info)
        #expect(judged.judgement.phase == .valid && judged.judgement.refusal == nil)
        #expect(try await code { _ = try await program.link.judge("hello", Self.facts()) } == .licenseRefused)
        #expect(program.stop() == 0)
        #expect(try await code { _ = try await program.link.hardware() } == .validatorSilent)
        #expect(try await code { _ = try await program.link.judge("hello", Self.facts()) } == .validatorSilent)
    }

    @Test func aValidatorThatHangsIsNotWaitedForLong() async throws {
        let program = try LicensedProgram()
        program.signal(SIGSTOP)
        let begin = BootClock.now
        #expect(try await code { _ = try await program.link.hardware() } == .validatorSilent)
        #expect(BootClock.now - begin < .seconds(10))
        program.signal(SIGCONT)
        #expect(try await program.link.hardware().parts.count == 4)
    }

    /// 160 machines are nearly as many as the armour of 64 KiB holds; the question is larger than a socket's buffer.
    @Test func theLargestQuestionArrivesWhole() async throws {
        let program = try LicensedProgram()
        let text = try program.text(Self.license(binding: (1...160).map(Self.machine)))
        #expect(text.utf8.count > 60_000 && text.utf8.count <= LicenseFile.longest)
        let judged = try await program.link.judge(text, Self.facts((1...500).map(Self.machine)))
        #expect(judged.license.boundNodes == 160 && judged.judgement.warnings.isEmpty)
    }

    @Test func aKeyThatNobodyToldItOfIsUnknown() async throws {
        let program = try LicensedProgram(knowsKey: false)
        do {
            _ = try await program.link.judge(try program.text(Self.license()), Self.facts())
            #expect(Bool(false), "an unknown key was trusted")
        } catch let error as APIError {
            #expect(error.parameters["problem.key"] == "license.unknownKey")
        }
    }

    @Test func whatIsNoQuestionStopsNobodyElse() async throws {
        let program = try LicensedProgram()
        // More connections than it takes, all open at once.
        var idle = try (0..<40).map { _ in Held(try Self.connected(program.socket)) }
        #expect(idle.count == 40)
        idle = []
        let long = try UnixSocket.connect(program.socket, kind: .stream)
        let chunk = String(repeating: "a", count: 32_768)
        let deadline = BootClock.now + .seconds(20)
        var isClosed = false
        while !isClosed, BootClock.now < deadline {
            do throws(SystemError) { _ = try long.send(chunk) } catch { isClosed = true }
        }
        #expect(isClosed, "a line without an end is not read for ever")
        #expect(try await program.link.hardware().parts.count == 4)
    }

    /// Waits while the queue of those that knock is full.
    private static func connected(_ path: String) throws -> OwnedDescriptor {
        let deadline = BootClock.now + .seconds(20)
        var none: [pollfd] = []
        while true {
            do throws(SystemError) { return try UnixSocket.connect(path, kind: .stream) } catch {
                guard error.errno == EAGAIN, BootClock.now < deadline else { throw error }
                try Poller.wait(&none, until: BootClock.now + .milliseconds(2))
            }
        }
    }

    /// A descriptor in an array.
    private final class Held {
        let descriptor: OwnedDescriptor

        init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }
    }
}
