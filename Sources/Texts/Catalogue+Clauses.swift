extension Catalogue {
    /// Clauses that a daemon says in English and the store keeps so, as why a master gave up or a mail did not arrive:
    /// their English text is what they are known by. `clause(_:_:)` says them in another language.
    static let clauses: [Entry] = ofMasters + ofNodes + ofDeliveries + ofSystems

    private static let ofMasters: [Entry] = [
        Entry("clause.deadlinePassed", "its renewals were not answered in time", "续约未及时得到应答"),
        Entry("clause.deposedByAnother", "replaced by another node", "已被另一节点取代"),
        Entry("clause.deposed", "replaced by {other}", "已被 {other} 取代"),
        Entry("clause.handedOverTo", "handed over to {other}", "已移交给 {other}"),
        Entry("clause.handedOver", "handed over", "已移交"),
        Entry("clause.whoever", "whoever is first", "最先就绪的节点"),
        Entry("clause.root", "root on this machine", "本机的 root"),
        Entry("clause.didNotLast", "the master before did not last", "前一主节点未能持续"),
        Entry("clause.probe", "the machine was probed", "已对机器进行探测"),
        Entry("clause.renewalNearFence", "renewals came near the fence", "续约接近隔离期限"),
        Entry("clause.wakeUpDelay", "the thread that holds the deadline woke up late", "守护期限的线程唤醒过晚"),
        Entry("clause.slowSync", "the disk was slow", "磁盘过慢"),
        Entry("clause.quiet", "an hour was quiet", "已平稳一小时"),
        Entry("clause.operator", "an administrator chose it", "由管理员选择"),
    ]

    private static let ofNodes: [Entry] = [
        Entry("clause.noLongerANode", "it is no longer a node of the cluster", "它已不是集群的节点"),
        Entry(
            "clause.dead", "it has been silent for ten minutes and a spare takes its place", "它已十分钟无应答，由备用节点接替"),
        Entry("clause.learnerSilent", "it did not start to learn within a minute", "它未在一分钟内开始同步"),
        Entry("clause.surplus", "the cluster needs fewer voters", "集群需要的投票节点减少"),
        Entry(
            "clause.witnessNotNeeded", "a third node votes, the witness is no longer needed", "第三个节点已参与投票，不再需要见证节点"),
        Entry("clause.notApproved", "it is not approved yet", "尚未批准"),
        Entry("clause.isWitness", "it is a witness", "它是见证节点"),
        Entry("clause.noVoterOnline", "it is no voter that is online", "它不是在线的投票节点"),
        Entry("clause.isDrained", "it is drained", "已排空"),
        Entry("clause.notOnline", "it is not online", "不在线"),
    ]

    private static let ofDeliveries: [Entry] = [
        Entry("clause.noAddress", "the host {host} has no address", "主机 {host} 没有地址"),
        Entry("clause.nobodyAnswers", "nobody answers the connection", "连接无应答"),
        Entry("clause.noAnswer", "no answer in time", "未及时应答"),
        Entry("clause.cancelled", "it was cancelled", "已取消"),
        Entry("clause.cut", "the connection was cut", "连接已中断"),
        Entry("clause.untrusted", "the certificate is not trusted", "证书不受信任"),
        Entry("clause.otherHost", "the certificate is of another host", "证书属于其他主机"),
        Entry("clause.notDone", "it was not done within {seconds} s", "未在 {seconds} 秒内完成"),
        Entry(
            "clause.redirected", "the server answered with status {status} (redirects are not followed)",
            "服务器返回状态 {status}（不跟随重定向）"),
        Entry("clause.status", "the server answered with status {status}", "服务器返回状态 {status}"),
        Entry("clause.tooManyWaited", "more than {limit} events waited", "等待的事件超过 {limit} 个"),
        Entry("clause.mailAnswered", "the mail server answered {answer}", "邮件服务器回答：{answer}"),
        Entry("clause.noSMTPLine", "the mail server does not speak SMTP: its line does not end", "邮件服务器不支持 SMTP：行未结束"),
        Entry("clause.noSMTP", "the mail server does not speak SMTP: '{line}'", "邮件服务器不支持 SMTP：“{line}”"),
        Entry("clause.noSTARTTLS", "the mail server does not offer STARTTLS", "邮件服务器不提供 STARTTLS"),
        Entry("clause.inTheClear", "the mail server went on in the clear after STARTTLS", "邮件服务器在 STARTTLS 之后仍以明文继续"),
        Entry("clause.outOfOrder", "TLS began out of order", "TLS 开始的时机不对"),
        Entry(
            "clause.noAUTH", "the mail server offers neither AUTH PLAIN nor AUTH LOGIN",
            "邮件服务器既不提供 AUTH PLAIN 也不提供 AUTH LOGIN"),
    ]

    /// As strerror(3) says them.
    private static let ofSystems: [Entry] = [
        Entry("clause.refused", "Connection refused", "连接被拒绝"),
        Entry("clause.unreachable", "No route to host", "主机不可达"),
        Entry("clause.networkUnreachable", "Network is unreachable", "网络不可达"),
        Entry("clause.reset", "Connection reset by peer", "连接被对方重置"),
        Entry("clause.timedOut", "Connection timed out", "连接超时"),
    ]

    /// A clause in a language; what is none of the above stays as it is.
    public static func clause(_ english: String, _ language: Language) -> String {
        guard language != .english else { return english }
        for entry in clauses {
            guard let values = values(in: english, of: entry.english) else { continue }
            return fill(template(entry.key, language) ?? english) { values[$0] }
        }
        return english
    }

    /// What stands for the names between braces of a template in a text that was made from it; nil: it was not.
    static func values(in text: String, of template: String) -> [String: String]? {
        var values: [String: String] = [:]
        var rest = Substring(text)
        var open: String?
        var fits = true
        func take(upTo literal: Substring) {
            guard !literal.isEmpty else { return }
            guard fits, let name = open else {
                fits = fits && rest.hasPrefix(literal)
                return rest = rest.dropFirst(literal.count)
            }
            guard let found = rest.firstRange(of: literal) else { return fits = false }
            values[name] = String(rest[..<found.lowerBound])
            (rest, open) = (rest[found.upperBound...], nil)
        }
        scan(template, text: take, name: { open = $0 })
        guard fits else { return nil }
        if let name = open {
            values[name] = String(rest)
        } else if !rest.isEmpty {
            return nil
        }
        return values
    }

    /// Parameters of sentences whose values are words for programs, by the prefixes of the words' keys.
    private static let wordPrefixes = [
        "cause": ["cause."], "role": ["role.", "userRole."], "profile": ["profileName."],
    ]

    /// A parameter's value as a sentence says it: clauses and words are in the sentence's language.
    static func spoken(_ value: String?, as name: String, _ language: Language) -> String? {
        guard let value, language != .english else { return value }
        if ["reason", "who", "other"].contains(name) { return clause(value, language) }
        return (wordPrefixes[name] ?? []).lazy.compactMap { template($0 + value, language) }.first ?? value
    }
}
