import BlockIO
import Glibc
import Linux
import NBDProtocol

extension NBDConnection {
    /// The device is done with a request.
    func answer(_ slot: Int) {
        let request = slots[slot].request
        let command = slots[slot].command
        if slots[slot].errno != 0 { return refuse(slot, NBDError(errno: slots[slot].errno)) }
        if command == .read {
            slots[slot].bodySize = Int(request.length)
            if agreed.isStructured {
                slots[slot].headSize = NBDReply.data(
                    slots.head(slot), cookie: request.cookie, offset: request.offset, length: request.length)
                return queue(slot)
            }
        }
        slots[slot].headSize = NBDReply.simple(slots.head(slot), cookie: request.cookie)
        queue(slot)
    }

    /// Only what may have data in its reply needs a structured error.
    func refuse(_ slot: Int, _ error: NBDError) {
        let request = slots[slot].request
        let head = slots.head(slot)
        let isStructured =
            agreed.isStructured
            && (request.type == NBDCommand.read.rawValue || request.type == NBDCommand.blockStatus.rawValue)
        slots[slot].headSize =
            isStructured
            ? NBDReply.error(head, cookie: request.cookie, error)
            : NBDReply.simple(head, cookie: request.cookie, error: error)
        slots[slot].bodySize = 0
        queue(slot)
    }

    private func queue(_ slot: Int) {
        output.append(slot)
        atTurnEnd()
    }

    // MARK: Block status

    func answerBlockStatus(_ slot: Int) {
        let request = slots[slot].request
        let contexts = agreed.contexts
        let room = ReplySlots.smallSize / contexts.count
        let limit = request.flags.contains(.oneExtent) ? 1 : (room - NBDReply.blockStatusSize(extents: 0)) / 8
        let memory = slots.part(slot, 0)
        var size = 0
        for context in contexts {
            let extents = extents(context, request, limit: limit)
            size += NBDReply.blockStatus(
                memory + size, cookie: request.cookie, context: UInt32(context), extents: extents,
                isLast: context == contexts.last)
        }
        slots[slot].headSize = 0
        slots[slot].bodySize = size
        queue(slot)
    }

    /// What cannot be found out is data, and has changed.
    private func extents(_ context: Int, _ request: NBDRequest, limit: Int) -> [NBDReply.Extent] {
        let length = UInt64(request.length)
        var ranges: [(length: UInt64, flags: UInt32)] = []
        do {
            if agreed.terms.contexts[context] == NBDTerms.dirty {
                ranges = try opened?.export.dirty?(request.offset, length).map { ($0.length, $0.isDirty ? 1 : 0) } ?? []
            } else {
                let found = try opened?.export.device.extents(offset: request.offset, length: length) ?? []
                ranges = found.map { ($0.length, $0.isAllocated ? 0 : 3) }
            }
        } catch {
            ranges = [(length, agreed.terms.contexts[context] == NBDTerms.dirty ? 1 : 0)]
        }
        var extents: [NBDReply.Extent] = []
        var left = length
        for range in ranges where left > 0 && range.length > 0 {
            let count = UInt32(min(left, range.length))
            left -= UInt64(count)
            if let last = extents.last, last.flags == range.flags {
                extents[extents.count - 1].length += count
            } else if extents.count < limit {
                extents.append(NBDReply.Extent(length: count, flags: range.flags))
            } else {
                break
            }
        }
        precondition(!extents.isEmpty, "a device without extents")
        return extents
    }

    // MARK: Sending

    /// Sends what is ready, all of it in as few system calls as it takes.
    func send() {
        guard phase == .transmission || phase == .ending else { return }
        while !output.isEmpty, !output.isBlocked {
            output.gather(slots)
            var message = msghdr()
            message.msg_iov = output.vectors
            message.msg_iovlen = output.vectorCount
            let count = sendmsg(socket, &message, sendFlags)
            if count < 0 {
                if errno == EINTR { continue }
                if errno != EAGAIN { return end("cannot send: errno \(errno)") }
                output.isBlocked = true
                break
            }
            output.sent(count)
            while let slot = output.takeSent(slots) { slots.give(slot) }
        }
        waitForRoom()
    }

    private func waitForRoom() {
        guard output.isBlocked != output.isWaiting, let watch else { return }
        output.isWaiting = output.isBlocked
        do throws(SystemError) {
            try loop.change(
                watch,
                to: output.isBlocked ? Self.interest.union(.writable) : Self.interest)
        } catch {
            end("\(error)")
        }
    }
}
