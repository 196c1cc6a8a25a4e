extension NBDHandshake {
    mutating func perform(_ number: UInt32, _ data: [UInt8], _ effects: inout [Effect]) {
        let option = NBDOption(rawValue: number)
        if tls == .required, !isEncrypted, option != .startTLS, option != .abort {
            if option == .exportName { return close("the client asks for an export without TLS", &effects) }
            return reply(number, .tlsRequired, text: "TLS first", &effects)
        }
        switch option {
        case .exportName: exportName(data, &effects)
        case .abort:
            reply(number, .acknowledge, &effects)
            close("", &effects)
        case .list:
            guard data.isEmpty else { return reply(number, .invalid, text: "list has no data", &effects) }
            state = .listing
            effects.append(.list)
        case .startTLS: startTLS(data, &effects)
        case .structuredReply:
            guard data.isEmpty else { return reply(number, .invalid, text: "it has no data", &effects) }
            isStructured = true
            reply(number, .acknowledge, &effects)
        case .info, .go: find(option!, Self.informationQuery(data), &effects)
        case .listMetaContext, .setMetaContext: metaContext(option!, data, &effects)
        case nil: reply(number, .unsupported, &effects)
        }
    }

    private mutating func exportName(_ data: [UInt8], _ effects: inout [Effect]) {
        guard let name = Self.name(data[...]) else { return close("the export's name is no name", &effects) }
        find(.exportName, Query(name: name), &effects)
    }

    private mutating func startTLS(_ data: [UInt8], _ effects: inout [Effect]) {
        let number = NBDOption.startTLS.rawValue
        if tls == .none { return reply(number, .policy, text: "there is no TLS here", &effects) }
        guard data.isEmpty, !isEncrypted else { return reply(number, .invalid, &effects) }
        // Somebody on the way may have put it there.
        guard buffer.isEmpty else { return close("the client talks ahead of TLS", &effects) }
        reply(number, .acknowledge, &effects)
        state = .starting
        effects.append(.startTLS)
    }

    private mutating func metaContext(_ option: NBDOption, _ data: [UInt8], _ effects: inout [Effect]) {
        if option == .setMetaContext { chosen = nil }
        guard isStructured else {
            return reply(option.rawValue, .invalid, text: "structured replies first", &effects)
        }
        find(option, Self.contextQuery(data), &effects)
    }

    private mutating func find(_ option: NBDOption, _ query: Query?, _ effects: inout [Effect]) {
        guard let query else { return reply(option.rawValue, .invalid, text: "it is not well formed", &effects) }
        state = .finding(option, query)
        effects.append(.find(query.name))
    }

    // MARK: Answers of the catalogue

    mutating func answerList(_ exports: [Listed], _ effects: inout [Effect]) {
        state = .options
        for export in exports {
            var data: [UInt8] = []
            data.appendBigEndian(UInt32(export.name.utf8.count))
            data += Array(export.name.utf8)
            reply(NBDOption.list.rawValue, .server, data: data, text: export.description, &effects)
        }
        reply(NBDOption.list.rawValue, .acknowledge, &effects)
    }

    mutating func answer(_ option: NBDOption, _ refusal: Refusal, _ effects: inout [Effect]) {
        // The one option that knows no errors.
        if option == .exportName { return close(refusal.text, &effects) }
        let type: NBDOptionReply =
            switch refusal {
            case .unknown: .unknown
            case .forbidden: .policy
            }
        reply(option.rawValue, type, text: refusal.text, &effects)
    }

    mutating func answer(_ option: NBDOption, _ query: Query, _ terms: NBDTerms, _ effects: inout [Effect]) {
        switch option {
        case .exportName:
            var bytes: [UInt8] = []
            bytes.appendBigEndian(terms.size)
            bytes.appendBigEndian(terms.flags(isStructured: isStructured).rawValue)
            if !omitsZeros { bytes += Array(repeating: 0, count: 124) }
            effects.append(.send(bytes))
            transmit(query.name, terms, &effects)
        case .listMetaContext, .setMetaContext: answerContexts(option, query, terms, &effects)
        default: answerInformation(option, query, terms, &effects)
        }
    }

    private enum Information: UInt16 {
        case export = 0
        case name = 1
        case description = 2
        case blockSize = 3
    }

    private mutating func answerInformation(
        _ option: NBDOption, _ query: Query, _ terms: NBDTerms, _ effects: inout [Effect]
    ) {
        let asked = query.information.compactMap(Information.init)
        // Requests that are not aligned would fail one by one.
        if option == .go, terms.blockSize > 512, !asked.contains(.blockSize) {
            let text = "the block size of \(terms.blockSize) bytes has to be kept"
            return reply(option.rawValue, .blockSizeRequired, text: text, &effects)
        }
        var bytes: [UInt8] = []
        bytes.appendBigEndian(Information.export.rawValue)
        bytes.appendBigEndian(terms.size)
        bytes.appendBigEndian(terms.flags(isStructured: isStructured).rawValue)
        reply(option.rawValue, .info, data: bytes, &effects)
        for information in asked {
            bytes = []
            bytes.appendBigEndian(information.rawValue)
            switch information {
            case .export: continue
            case .name: bytes += Array(query.name.utf8)
            case .description: bytes += Array(terms.description.utf8)
            case .blockSize:
                bytes.appendBigEndian(terms.blockSize)
                bytes.appendBigEndian(max(4096, terms.blockSize))
                bytes.appendBigEndian(NBDTerms.longestTransfer)
            }
            reply(option.rawValue, .info, data: bytes, &effects)
        }
        reply(option.rawValue, .acknowledge, &effects)
        if option == .go { transmit(query.name, terms, &effects) }
    }

    private mutating func answerContexts(
        _ option: NBDOption, _ query: Query, _ terms: NBDTerms, _ effects: inout [Effect]
    ) {
        let isList = option == .listMetaContext
        let matching = terms.contexts.indices.filter { index in
            let context = terms.contexts[index]
            if isList, query.contexts.isEmpty { return true }
            // "base:" asks for the whole namespace, which can be listed only.
            return query.contexts.contains { $0 == context || (isList && $0.hasSuffix(":") && context.hasPrefix($0)) }
        }
        for index in matching {
            var data: [UInt8] = []
            data.appendBigEndian(isList ? 0 : UInt32(index))
            reply(option.rawValue, .metaContext, data: data, text: terms.contexts[index], &effects)
        }
        if !isList { chosen = (query.name, matching) }
        reply(option.rawValue, .acknowledge, &effects)
    }

    private mutating func transmit(_ name: String, _ terms: NBDTerms, _ effects: inout [Effect]) {
        let contexts = chosen.map { $0.name == name ? $0.contexts : [] } ?? []
        effects.append(
            .transmit(
                NBDTransmission(
                    name: name, terms: terms, isStructured: isStructured, contexts: contexts, rest: buffer)))
        state = .over
        buffer = []
    }

    // MARK: Reading an option's data

    private static func name(_ bytes: ArraySlice<UInt8>) -> String? {
        bytes.count <= longestName ? String(validating: bytes, as: UTF8.self) : nil
    }

    /// A text with its length ahead of it.
    private static func text(_ data: inout ArraySlice<UInt8>) -> String? {
        guard let length = number(&data, as: UInt32.self), length <= data.count else { return nil }
        defer { data.removeFirst(Int(length)) }
        return name(data.prefix(Int(length)))
    }

    private static func number<Value: FixedWidthInteger>(_ data: inout ArraySlice<UInt8>, as: Value.Type) -> Value? {
        let size = Value.bitWidth / 8
        guard data.count >= size else { return nil }
        defer { data.removeFirst(size) }
        return data.prefix(size).reduce(0) { $0 << 8 | Value($1) }
    }

    private static func informationQuery(_ data: [UInt8]) -> Query? {
        var data = data[...]
        guard let name = text(&data), let count = number(&data, as: UInt16.self), data.count == 2 * Int(count) else {
            return nil
        }
        var query = Query(name: name)
        while let type = number(&data, as: UInt16.self) { query.information.append(type) }
        return query
    }

    private static func contextQuery(_ data: [UInt8]) -> Query? {
        var data = data[...]
        guard let name = text(&data), let count = number(&data, as: UInt32.self) else { return nil }
        var query = Query(name: name)
        for _ in 0..<count {
            guard let context = text(&data) else { return nil }
            query.contexts.append(context)
        }
        return data.isEmpty ? query : nil
    }
}
