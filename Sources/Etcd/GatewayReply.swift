/// What etcd's JSON gateway answers. Fields with their default value (0, false, "") are left out by it.
enum GatewayReply {
    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    static func transaction(_ reply: JSON) throws(Malformed) -> TransactionResult {
        var results: [OperationResult] = []
        for response in reply["responses"]?.elements ?? [] { results.append(try result(response)) }
        return TransactionResult(
            succeeded: reply["succeeded"]?.isTrue ?? false, revision: try revision(reply), results: results)
    }

    private static func result(_ response: JSON) throws(Malformed) -> OperationResult {
        if let range = response["response_range"] { return .got(try keys(range["kvs"])) }
        if response["response_put"] != nil { return .put }
        if let deleted = response["response_delete_range"] { return .deleted(deleted["deleted"]?.integer() ?? 0) }
        throw Malformed(description: "a transaction's response is of no known kind")
    }

    static func range(_ reply: JSON) throws(Malformed) -> RangeResult {
        RangeResult(revision: try revision(reply), keys: try keys(reply["kvs"]))
    }

    static func revision(_ reply: JSON) throws(Malformed) -> Int64 {
        guard let revision = reply["header"]?["revision"]?.integer(Int64.self) else {
            throw Malformed(description: "the header has no revision")
        }
        return revision
    }

    private static func keys(_ list: JSON?) throws(Malformed) -> [KeyValue] {
        var keys: [KeyValue] = []
        for element in list?.elements ?? [] { keys.append(try keyValue(element)) }
        return keys
    }

    private static func keyValue(_ json: JSON) throws(Malformed) -> KeyValue {
        guard let key = json["key"]?.bytes, let value = (json["value"] ?? .string("")).bytes,
            let modRevision = json["mod_revision"]?.integer(Int64.self)
        else { throw Malformed(description: "a key without its name, value or revision") }
        return KeyValue(
            key: String(decoding: key, as: UTF8.self), value: value,
            createRevision: json["create_revision"]?.integer() ?? 0, modRevision: modRevision,
            version: json["version"]?.integer() ?? 0)
    }

    static func members(_ reply: JSON) throws(Malformed) -> [EtcdMember] {
        var members: [EtcdMember] = []
        for element in reply["members"]?.elements ?? [] { members.append(try member(element)) }
        return members
    }

    static func member(_ json: JSON?) throws(Malformed) -> EtcdMember {
        guard let json, let id = json["ID"]?.integer(UInt64.self) else {
            throw Malformed(description: "a member without an ID")
        }
        return EtcdMember(
            id: .init(number: id), name: json["name"]?.text ?? "",
            peerURLs: (json["peerURLs"]?.elements ?? []).compactMap(\.text),
            clientURLs: (json["clientURLs"]?.elements ?? []).compactMap(\.text),
            isLearner: json["isLearner"]?.isTrue ?? false)
    }

    static func status(_ reply: JSON) throws(Malformed) -> EtcdStatus {
        guard let member = reply["header"]?["member_id"]?.integer(UInt64.self), let version = reply["version"]?.text
        else { throw Malformed(description: "a status without member or version") }
        let leader = reply["leader"]?.integer(UInt64.self) ?? 0
        return EtcdStatus(
            member: .init(number: member), leader: leader == 0 ? nil : .init(number: leader),
            raftTerm: reply["raftTerm"]?.integer() ?? 0, raftIndex: reply["raftIndex"]?.integer() ?? 0,
            revision: reply["header"]?["revision"]?.integer() ?? 0, databaseSize: reply["dbSize"]?.integer() ?? 0,
            databaseSizeInUse: reply["dbSizeInUse"]?.integer() ?? 0, isLearner: reply["isLearner"]?.isTrue ?? false,
            version: version, errors: (reply["errors"]?.elements ?? []).compactMap(\.text))
    }

    static func alarms(_ reply: JSON) throws(Malformed) -> [EtcdAlarm] {
        var alarms: [EtcdAlarm] = []
        for element in reply["alarms"]?.elements ?? [] {
            guard let member = element["memberID"]?.integer(UInt64.self),
                let kind = element["alarm"]?.text.flatMap(EtcdAlarm.Kind.init(rawValue:))
            else { throw Malformed(description: "an alarm of no known kind") }
            alarms.append(EtcdAlarm(member: .init(number: member), kind: kind))
        }
        return alarms
    }

    /// The gateway's error object, `{"error": …, "code": …, "message": …}`; nil when it is none.
    static func refusal(_ reply: JSON) -> EtcdRefusal? {
        guard let message = reply["message"]?.text ?? reply["error"]?.text else { return nil }
        return EtcdRefusal(code: reply["code"]?.integer() ?? 2, message: message)
    }

    /// One line of a watch's answer.
    enum WatchLine {
        case created(revision: Int64)
        case events(revision: Int64, [WatchEvent])
        case canceled(compactRevision: Int64, reason: String)
    }

    static func watchLine(_ line: JSON) throws(Malformed) -> WatchLine {
        guard let result = line["result"] else {
            let reason = line["error"]?["message"]?.text ?? line["error"]?.text ?? "a line without a result"
            return .canceled(compactRevision: 0, reason: reason)
        }
        if result["canceled"]?.isTrue ?? false {
            return .canceled(
                compactRevision: result["compact_revision"]?.integer() ?? 0,
                reason: result["cancel_reason"]?.text ?? "etcd ended the watch")
        }
        if result["created"]?.isTrue ?? false { return .created(revision: try revision(result)) }
        var events: [WatchEvent] = []
        for element in result["events"]?.elements ?? [] {
            guard let json = element["kv"] else { throw Malformed(description: "an event without a key") }
            let key = try keyValue(json)
            let isDelete = element["type"]?.text == "DELETE"
            events.append(isDelete ? .deleted(key: key.key, revision: key.modRevision) : .put(key))
        }
        return .events(revision: try revision(result), events)
    }
}
