import StreamProtocol

/// Who may speak to this node about this machine.
extension ReceiverCore {
    mutating func assigned(_ next: UInt64, isPaused: Bool, into effects: inout [Effect]) {
        guard next >= epoch else { return }
        // Another assignment may have another second node.
        if next > epoch { peerDurable = StreamMark(.none) }
        epoch = next
        self.isPaused = isPaused
        if isPaused, condition == .taking { turn(to: .paused, into: &effects) }
        if !isPaused, condition == .paused { turn(to: .taking, into: &effects) }
    }

    mutating func judge(_ hello: Hello, of connection: Connection, into effects: inout [Effect]) {
        if let refusal = refusal(of: hello, connection) { return refuse(connection, refusal, into: &effects) }
        if hello.purpose == .source { session = hello.session }
        if let caller, caller.connection != connection {
            if copying == caller.connection { copying = nil }
            effects.append(.close(caller.connection, .replaced))
        }
        caller = Caller(
            connection: connection, session: hello.session, isNode: hello.purpose != .source, isAccepted: false)
        lastSent = nil
        waiting = (connection, hello)
        guard unflushed.isEmpty, beginning == nil, copying == nil else { return }
        if hello.purpose == .copy {
            copying = connection
            effects.append(.beginCopy(connection))
            return accept(connection, hello, into: &effects)
        }
        if hello.generation == opened, hello.predecessor == predecessor {
            return accept(connection, hello, into: &effects)
        }
        let isNext = hello.generation > opened && hello.predecessor == durable
        guard isNext || (plant == .acceptAnyPredecessor && hello.generation > opened) else {
            return refuse(connection, .wrongPredecessor, into: &effects)
        }
        if !isNext { (durable, received) = (hello.predecessor, hello.predecessor) }
        beginning = (hello.generation, hello.predecessor)
        effects.append(.begin(hello.generation, after: hello.predecessor))
    }

    private func refusal(of hello: Hello, _ connection: Connection) -> HelloAnswer.Refusal? {
        guard hello.machine == machine else { return .unknownMachine }
        guard hello.epoch >= epoch else { return .staleEpoch }
        switch condition {
        case .taking: break
        case .paused: return .paused
        case .full: return .full
        case .faulted: return .faulted
        }
        switch hello.purpose {
        case .source: return hello.session > session || isSame(connection, hello) ? nil : .staleSession
        // Whoever has the source on the line needs nobody else.
        case .forward, .copy:
            guard let caller, caller.connection != connection else {
                return hello.session < session ? .staleSession : nil
            }
            return caller.isNode && hello.session >= caller.session ? nil : .staleSession
        }
    }

    /// Another hello on the connection that speaks already: it begins another generation, or waited.
    private func isSame(_ connection: Connection, _ hello: Hello) -> Bool {
        caller?.connection == connection && hello.session >= session
    }

    private mutating func accept(_ connection: Connection, _ hello: Hello, into effects: inout [Effect]) {
        waiting = nil
        caller?.isAccepted = hello.purpose != .copy
        let next = opened > received.generation ? 1 : received.sequence + 1
        let codec = hello.codecs.contains(.lz4) ? FrameCodec.lz4 : .none
        effects.append(
            .answer(
                connection,
                .accepted(durable: durable, next: next, credits: settings.window - unflushedBytes, codec: codec)))
        effects.append(.report(.linked(connection, hello.purpose, hello.generation)))
    }

    private mutating func refuse(
        _ connection: Connection, _ refusal: HelloAnswer.Refusal, into effects: inout [Effect]
    ) {
        if waiting?.connection == connection { waiting = nil }
        if caller?.connection == connection, refusal != .wrongPredecessor { caller = nil }
        effects.append(.answer(connection, .refused(refusal, tail: durable)))
        effects.append(.report(.refused(connection, refusal)))
    }

    mutating func begun(into effects: inout [Effect]) {
        guard let begun = beginning else { return }
        beginning = nil
        opened = begun.generation
        predecessor = begun.predecessor
        judgeWaiting(into: &effects)
    }

    mutating func judgeWaiting(into effects: inout [Effect]) {
        guard let hello = waiting, unflushed.isEmpty, beginning == nil, copying == nil else { return }
        waiting = nil
        judge(hello.hello, of: hello.connection, into: &effects)
    }

    /// What was here before is set aside; from now on the copy is this node's stream.
    mutating func copyStored(_ end: CopyEnd, of connection: Connection, into effects: inout [Effect]) {
        guard copying == connection else { return }
        copying = nil
        durable = end.position
        received = end.position
        opened = end.position.generation
        predecessor = end.predecessor
        consistent = end.isConsistent ? end.position : nil
        effects.append(.durable(end.position))
        judgeWaiting(into: &effects)
    }

    mutating func disconnected(_ connection: Connection, into effects: inout [Effect]) {
        if caller?.connection == connection { caller = nil }
        if waiting?.connection == connection { waiting = nil }
        guard copying == connection else { return }
        copying = nil
        judgeWaiting(into: &effects)
    }

    mutating func drop(_ caller: Caller, _ reason: Reason, into effects: inout [Effect]) {
        self.caller = nil
        effects.append(.close(caller.connection, reason))
        effects.append(.report(.dropped(caller.connection, reason)))
    }

    /// What was acknowledged stays; what was not yet flushed comes again.
    mutating func turn(to next: Condition, into effects: inout [Effect]) {
        guard next != condition else { return }
        condition = next
        effects.append(.report(.conditionChanged(next)))
        guard next != .taking else { return }
        if next != .paused {
            unflushed = []
            unflushedBytes = 0
            received = durable
            effects.append(.truncate(durable))
        }
        if let caller {
            self.caller = nil
            effects.append(.close(caller.connection, .condition(next)))
        }
        waiting = nil
        copying = nil
    }
}
