import BlockIO
import Glibc
import Linux
import NBDProtocol

extension NBDConnection {
    /// Takes in what the client has sent, as long as there is room.
    func receive() {
        // A device may have become smaller since the client was told its size.
        if let size = opened?.export.device.geometry.size { agreed.terms.size = min(agreed.terms.size, size) }
        while phase == .transmission {
            guard takeRequests() else { return }
            guard phase == .transmission, isReadable, receiveSome() else { return }
        }
    }

    /// One system call.
    ///
    /// - Returns: whether something has come.
    private func receiveSome() -> Bool {
        input.makeRoom()
        let asked: Int
        let count: Int
        if let filling {
            // Straight to where it belongs, and the beginning of the next request behind it.
            let (memory, length) = room(filling.slot, filling.done)
            asked = length + input.room
            var vectors = (
                iovec(iov_base: memory, iov_len: length), iovec(iov_base: input.end, iov_len: input.room)
            )
            count = withUnsafePointer(to: &vectors) { pointer in
                pointer.withMemoryRebound(to: iovec.self, capacity: 2) { readv(socket, $0, 2) }
            }
            if count > 0 {
                input.received(max(0, count - length))
                filled(min(count, length))
            }
        } else {
            asked = input.room
            count = recv(socket, input.end, asked, 0)
            if count > 0 { input.received(count) }
        }
        if count > 0 {
            // Less than asked for: there is no more yet.
            if count < asked { isReadable = hasEnd }
            return true
        }
        if count < 0, errno == EINTR { return true }
        isReadable = false
        if count == 0 {
            endWhenAnswered("the client went away")
        } else if errno != EAGAIN {
            end("cannot receive: errno \(errno)")
        }
        return false
    }

    /// Understands what is in the buffer.
    ///
    /// - Returns: false when there is no room for a request now.
    private func takeRequests() -> Bool {
        while input.count > 0, phase == .transmission {
            if skipping > 0 {
                let count = min(skipping, input.count)
                input.consume(count)
                skipping -= count
            } else if let filling {
                let (memory, length) = room(filling.slot, filling.done)
                let count = min(length, input.count)
                memory.copyMemory(from: input.start, byteCount: count)
                input.consume(count)
                filled(count)
            } else {
                guard input.count >= NBDRequest.size else { return true }
                guard let request = NBDRequest(UnsafeRawBufferPointer(start: input.start, count: NBDRequest.size))
                else {
                    end("a request does not begin as one")
                    return true
                }
                guard take(request) else { return false }
                input.consume(NBDRequest.size)
            }
        }
        return true
    }

    /// - Returns: false when there is no room for it now.
    private func take(_ request: NBDRequest) -> Bool {
        switch request.verdict(agreed) {
        case .hangUp:
            end("a request of \(request.length) bytes")
            return true
        case .refuse(let error):
            guard let slot = slots.take(.flush, request, memory: 0) else { return false }
            if request.hasPayload { skipping = Int(request.length) }
            refuse(slot, error)
            return true
        case .serve(.disconnect):
            endWhenAnswered("")
            return true
        case .serve(let command):
            let memory =
                switch command {
                case .read, .write: Int(request.length)
                case .blockStatus: ReplySlots.smallSize
                default: 0
                }
            guard let slot = slots.take(command, request, memory: memory) else { return false }
            serve(command, slot)
            return true
        }
    }

    private func serve(_ command: NBDCommand, _ slot: Int) {
        let request = slots[slot].request
        let isForced = request.flags.contains(.forced)
        switch command {
        case .write: filling = (slot, 0)
        case .read: read(slot)
        case .blockStatus: answerBlockStatus(slot)
        case .flush: submitWhole(BlockRequest(.flush, token: UInt64(slot)), slot)
        case .trim:
            submitWhole(
                BlockRequest(
                    .discard, offset: request.offset, length: Int(request.length), isForced: isForced,
                    token: UInt64(slot)), slot)
        case .writeZeroes:
            submitWhole(
                BlockRequest(
                    .writeZeroes, offset: request.offset, length: Int(request.length), isForced: isForced,
                    mayFreeSpace: !request.flags.contains(.noHole), isFastOnly: request.flags.contains(.fastZero),
                    token: UInt64(slot)), slot)
        case .disconnect: preconditionFailure("a disconnect has no slot")
        }
    }

    private func submitWhole(_ request: BlockRequest, _ slot: Int) {
        slots[slot].isComplete = true
        submit(request, slot: slot)
    }

    private func read(_ slot: Int) {
        let length = Int(slots[slot].request.length)
        slots[slot].isComplete = true
        var done = 0
        while done < length {
            let count = min(ReplySlots.partSize, length - done)
            submitPart(.read, slot, done, count)
            done += count
        }
    }

    /// Where the next bytes of a write's payload go, and how many fit there.
    private func room(_ slot: Int, _ done: Int) -> (UnsafeMutableRawPointer, Int) {
        let (part, offset) = done.quotientAndRemainder(dividingBy: ReplySlots.partSize)
        let length = Int(slots[slot].request.length)
        return (slots.part(slot, part) + offset, min(ReplySlots.partSize - offset, length - done))
    }

    /// So many bytes of the payload have come: a part that is whole goes to the device.
    private func filled(_ count: Int) {
        guard let (slot, before) = filling else { return }
        let done = before + count
        let length = Int(slots[slot].request.length)
        let isWhole = done == length
        slots[slot].isComplete = isWhole
        filling = isWhole ? nil : (slot, done)
        guard isWhole || done % ReplySlots.partSize == 0 else { return }
        let start = (done - 1) / ReplySlots.partSize * ReplySlots.partSize
        submitPart(.write, slot, start, done - start)
    }

    private func submitPart(_ kind: BlockRequest.Kind, _ slot: Int, _ start: Int, _ count: Int) {
        let request = slots[slot].request
        submit(
            BlockRequest(
                kind, offset: request.offset + UInt64(start), length: count,
                memory: slots.part(slot, start / ReplySlots.partSize),
                isForced: kind == .write && request.flags.contains(.forced), token: UInt64(slot)), slot: slot)
    }
}
