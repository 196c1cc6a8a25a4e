import BlockIO
import Primitives

/// Random reads of 4 KiB of a device at a depth, as many as were asked for; on the device's loop.
final class RandomReads: BlockClient {
    private let device: any BlockDevice
    private let depth: Int
    private var left: Int
    private var underWay = 0
    private var failures = 0
    private var random: SeededRandom
    private let memory: UnsafeMutableRawPointer
    private let start = LabClock.now()
    private let done: (_ perSecond: Double, _ failures: Int) -> Void
    private let count: Int
    private var own: RandomReads?

    init(
        _ device: any BlockDevice, count: Int, depth: Int, seed: UInt64,
        done: @escaping (_ perSecond: Double, _ failures: Int) -> Void
    ) {
        self.device = device
        self.count = count
        self.depth = depth
        self.done = done
        left = count
        random = SeededRandom(seed: seed)
        memory = .allocate(byteCount: depth * 4096, alignment: 4096)
    }

    deinit { memory.deallocate() }

    func begin() {
        own = self
        for slot in 0..<depth { submit(slot) }
        device.endTurn()
    }

    private func submit(_ slot: Int) {
        guard left > 0 else { return }
        left -= 1
        underWay += 1
        let block = UInt64.random(in: 0..<device.geometry.size / 4096, using: &random)
        device.submit(
            BlockRequest(
                .read, offset: block * 4096, length: 4096, memory: memory + slot * 4096, token: UInt64(slot)),
            for: self)
    }

    func completed(_ token: UInt64, errno: Int32) {
        underWay -= 1
        if errno != 0 { failures += 1 }
        submit(Int(token))
        guard underWay == 0 else { return }
        let span = LabClock.now() - start
        own = nil
        done(Double(count) / span.seconds, failures)
    }
}
