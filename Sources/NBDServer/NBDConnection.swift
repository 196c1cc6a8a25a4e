import BlockIO
import Glibc
import Linux
import NBDProtocol
import Primitives

/// One client, on one loop.
final class NBDConnection: DescriptorHandler, BlockClient, TurnEndHandler, @unchecked Sendable {
    // @unchecked: used on its loop only.

    static let interest: Readiness = [.readable, .endOfInput, .edgeTriggered]

    enum Phase { case handshake, transmission, ending, over }

    let loop: BlockLoop
    let server: NBDServer
    var socket: Int32
    var watch: BlockLoop.Watch?
    var phase = Phase.handshake
    private var reason = ""
    private var isForgotten = false

    var handshake: NBDHandshake
    private var timer: LoopTimer?
    /// Opened for a question, kept for the choice.
    var opened: (name: String, export: NBDExport)?
    var agreed = NBDTransmission(name: "", terms: NBDTerms(size: 0, blockSize: 512), isStructured: false)

    var slots = ReplySlots()
    /// Requests that the device works on.
    var open = 0
    var input = InputBuffer()
    /// The write whose payload is coming in, and how much of it is there.
    var filling: (slot: Int, done: Int)?
    /// Payload bytes that nobody wants.
    var skipping = 0
    /// The socket may have more. It is watched edge-triggered, so that stopping to read costs no system call.
    var isReadable = false
    /// It certainly has: its end. An edge-triggered end that comes together with the last bytes is not told again.
    var hasEnd = false
    var output = Output()
    private var isAtTurnEnd = false
    private var hasSubmitted = false

    init(_ socket: Int32, _ server: NBDServer, _ loop: BlockLoop) {
        self.socket = socket
        self.server = server
        self.loop = loop
        handshake = NBDHandshake(tls: server.tls.map { $0.isRequired ? .required : .offered } ?? .none)
    }

    func start() {
        var yes: Int32 = 1
        // Fails on a Unix socket, where there is nothing to delay.
        _ = setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        // A client whose machine has died is noticed at last.
        _ = setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &yes, socklen_t(MemoryLayout<Int32>.size))
        timer = loop.schedule(at: BootClock.now + server.limits.handshake) { [unowned self] in
            timer = nil
            end("the client does not choose an export")
        }
        guard observe() else { return }
        step(.connected)
    }

    /// - Returns: false when the connection is over.
    func observe() -> Bool {
        do throws(SystemError) {
            watch = try loop.watch(socket, Self.interest, self)
            return true
        } catch {
            end("\(error)")
            return false
        }
    }

    func ready(_ readiness: Readiness) {
        if readiness.contains(.writable) { output.isBlocked = false }
        isReadable = true
        if !readiness.isDisjoint(with: [.endOfInput, .closed]) { hasEnd = true }
        switch phase {
        case .handshake: receiveHandshake()
        case .transmission: receive()
        case .ending, .over: break
        }
        atTurnEnd()
    }

    func turnEnded() {
        isAtTurnEnd = false
        send()
        // What was sent has made room, also for requests that are here already.
        if phase == .transmission, isReadable || input.count > 0 {
            receive()
            send()
        }
        if hasSubmitted {
            hasSubmitted = false
            opened?.export.device.endTurn()
        }
        endIfDone()
    }

    func atTurnEnd() {
        guard !isAtTurnEnd else { return }
        isAtTurnEnd = true
        loop.atEndOfTurn(self)
    }

    // MARK: The device

    func submit(_ request: BlockRequest, slot: Int) {
        slots[slot].open += 1
        open += 1
        hasSubmitted = true
        opened!.export.device.submit(request, for: self)
    }

    func completed(_ token: UInt64, errno: Int32) {
        let slot = Int(token)
        open -= 1
        slots[slot].open -= 1
        if errno != 0, slots[slot].errno == 0 { slots[slot].errno = errno }
        if slots[slot].open == 0, slots[slot].isComplete { answer(slot) }
        atTurnEnd()
    }

    // MARK: The end

    func handshakeIsOver() {
        if let timer { loop.cancel(timer) }
        timer = nil
    }

    /// Ends at once; what the device works on is waited for.
    func end(_ reason: String) {
        guard phase != .over else { return }
        handshakeIsOver()
        let export = phase == .handshake ? nil : agreed.name
        phase = .over
        if let watch { loop.unwatch(watch) }
        watch = nil
        // Ahead of the client's seeing it.
        server.report(.ended(export: export, reason: reason))
        if socket >= 0 { close(socket) }
        socket = -1
        atTurnEnd()
    }

    /// After what was asked for has been answered.
    func endWhenAnswered(_ reason: String) {
        guard phase == .transmission else { return end(reason) }
        phase = .ending
        self.reason = reason
        atTurnEnd()
    }

    /// At the end of a turn only: the device must not go while it calls.
    private func endIfDone() {
        if phase == .ending, open == 0, output.isEmpty { end(reason) }
        guard phase == .over, open == 0, !isForgotten else { return }
        isForgotten = true
        while let slot = output.takeFirst() { slots.give(slot) }
        if let filling { slots.give(filling.slot) }
        filling = nil
        opened = nil
        server.ended(self)
    }
}
