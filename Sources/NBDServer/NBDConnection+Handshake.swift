import BlockIO
import Glibc
import Linux
import NBDProtocol

extension NBDConnection {
    func receiveHandshake() {
        while phase == .handshake, isReadable {
            input.makeRoom()
            let count = recv(socket, input.end, input.room, 0)
            guard count > 0 else {
                if count < 0, errno == EINTR { continue }
                isReadable = false
                if count == 0 { return end("the client went away during the handshake") }
                if errno != EAGAIN { end("cannot receive: errno \(errno)") }
                return
            }
            let bytes = Array(UnsafeRawBufferPointer(start: input.end, count: count))
            step(.received(bytes))
        }
    }

    func step(_ event: NBDHandshake.Event) {
        var effects: [NBDHandshake.Effect] = []
        handshake.step(event, into: &effects)
        for effect in effects where phase == .handshake { perform(effect) }
    }

    private func perform(_ effect: NBDHandshake.Effect) {
        switch effect {
        case .send(let bytes): sendAll(bytes)
        case .startTLS: startTLS()
        case .list:
            server.catalogue.list { exports in
                self.loop.post { if self.phase == .handshake { self.step(.listed(exports)) } }
            }
        case .find(let name): find(name)
        case .transmit(let agreed): transmit(agreed)
        case .close(let reason): end(reason)
        }
    }

    /// The answers of a handshake fit into the socket's buffer, unless the client does not read them.
    private func sendAll(_ bytes: [UInt8]) {
        var start = 0
        while start < bytes.count {
            let count = bytes[start...].withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, sendFlags) }
            if count < 0, errno == EINTR { continue }
            if count <= 0 { return end("the client does not read the answers of the handshake: errno \(errno)") }
            start += count
        }
    }

    private func startTLS() {
        guard let tls = server.tls, let watch else { return end("there is no TLS here") }
        loop.unwatch(watch)
        self.watch = nil
        let outer = socket
        socket = -1
        do throws(SystemError) {
            socket = try tls.insert(before: outer)
        } catch {
            return end("\(error)")
        }
        isReadable = false
        guard observe() else { return }
        step(.encrypted)
    }

    private func find(_ name: String) {
        if let opened, opened.name == name { return step(.found(opened.export.terms)) }
        opened = nil
        server.catalogue.open(name, on: loop) { result in
            self.loop.post { self.found(name, result) }
        }
    }

    private func found(_ name: String, _ result: Result<NBDExport, NBDRefusal>) {
        guard phase == .handshake else { return }
        switch result {
        case .success(let export):
            opened = (name, export)
            step(.found(export.terms))
        case .failure(let refusal): step(.notFound(refusal.refusal))
        }
        atTurnEnd()
    }

    private func transmit(_ agreed: NBDTransmission) {
        precondition(opened?.name == agreed.name, "the handshake agreed on an export that is not open")
        handshakeIsOver()
        self.agreed = agreed
        phase = .transmission
        server.report(.began(export: agreed.name))
        input.fill(agreed.rest)
        self.agreed.rest = []
        receive()
        atTurnEnd()
    }
}

/// A client that has gone is an error to handle, no signal.
let sendFlags = Int32(MSG_NOSIGNAL)
