import BlockIO
import Glibc
import Testing

/// A folder of its own on a disk, removed with everything in it.
final class Scratch {
    let path: String

    init() throws {
        var template = Array("/var/tmp/keelson-block-XXXXXX\0".utf8CString)
        try #require(template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!) } != nil)
        path = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for name in ["disk", "other", "pipe"] { unlink(path + "/" + name) }
        if rmdir(path) != 0 { Issue.record("\(path) stays behind: errno \(errno)") }
    }

    func file(_ name: String = "disk", size: UInt64, space: BlockFile.Space = .sparse) throws -> String {
        try BlockFile.create(path + "/" + name, size: size, space: space)
        return path + "/" + name
    }
}

extension BlockLoop {
    /// Runs the body on the loop and waits for what it returns.
    func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            #expect(post { continuation.resume(returning: body()) })
        }
    }
}

/// Submits requests to a device and waits for all of them.
final class Requests: BlockClient, @unchecked Sendable {
    // @unchecked: used on the loop, and by the test when the loop is done.
    private var codes: [Int32]
    private var open: Int
    private var continuation: CheckedContinuation<[Int32], Never>?

    private init(_ count: Int, _ continuation: CheckedContinuation<[Int32], Never>) {
        codes = Array(repeating: -1, count: count)
        open = count
        self.continuation = continuation
    }

    /// Requests as a value that may cross threads.
    struct Batch: @unchecked Sendable {
        var requests: [BlockRequest]
    }

    /// - Returns: the errno of each.
    static func run(_ requests: [BlockRequest], on device: BlockFile) async -> [Int32] {
        let batch = Batch(requests: requests)
        return await withCheckedContinuation { continuation in
            let client = Requests(requests.count, continuation)
            device.loop.post { client.submit(batch.requests, to: device) }
        }
    }

    private func submit(_ requests: [BlockRequest], to device: any BlockDevice) {
        itself = self
        for (index, request) in requests.enumerated() {
            var request = request
            request.token = UInt64(index)
            device.submit(request, for: self)
        }
        device.endTurn()
    }

    /// Devices do not keep it alive.
    private var itself: Requests?

    func completed(_ token: UInt64, errno: Int32) {
        #expect(codes[Int(token)] == -1)
        codes[Int(token)] = errno
        open -= 1
        if open == 0 {
            continuation?.resume(returning: codes)
            itself = nil
        }
    }
}

/// Aligned memory for a test, freed with its owner.
final class Memory: @unchecked Sendable {
    let base: UnsafeMutableRawPointer
    let count: Int

    init(_ count: Int, filledWith byte: UInt8 = 0) {
        base = .allocate(byteCount: count, alignment: 4096)
        self.count = count
        memset(base, Int32(byte), count)
    }

    deinit { base.deallocate() }

    var bytes: [UInt8] { Array(UnsafeRawBufferPointer(start: base, count: count)) }
}
