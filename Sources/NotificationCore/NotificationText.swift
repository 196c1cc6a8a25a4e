import APIProtocol
import Primitives
import Texts

/// The words of a message in the target's language.
public struct NotificationText: Sendable {
    public var cluster: String
    public var language: Language

    public init(cluster: String, language: Language) {
        self.cluster = cluster
        self.language = language
    }

    /// The event's sentence; with how often it happened.
    public func sentence(_ item: NotificationCore.Item) -> String {
        let event = item.event
        let sentence = Catalogue.sentence("event.\(event.kind)", event.parameters, language) ?? event.message
        return item.count == 1 ? sentence : sentence + word("notification.repeated", ["count": "\(item.count)"])
    }

    public func subject(_ items: [NotificationCore.Item]) -> String {
        guard items.count > 1, let worst = items.max(by: { $0.event.level.rank < $1.event.level.rank }) else {
            let sentence = items.first.map { self.sentence($0) } ?? ""
            return word(
                "notification.subject", ["cluster": cluster, "level": level(items.first), "sentence": sentence])
        }
        return word(
            "notification.digest", ["cluster": cluster, "level": level(worst), "count": "\(items.count)"])
    }

    /// A paragraph for each event.
    public func body(_ items: [NotificationCore.Item]) -> String {
        items.map { item in
            let event = item.event
            return "\(event.at)  \(level(item))\n\(sentence(item))\n"
                + word(
                    "notification.details",
                    ["kind": event.kind, "node": event.node?.text ?? "-", "sequence": "\(event.sequence)"]) + "\n"
        }.joined(separator: "\n") + "\n" + word("notification.footer", ["cluster": cluster]) + "\n"
    }

    private func level(_ item: NotificationCore.Item?) -> String {
        word("level.\((item?.event.level ?? .info).rawValue)", [:])
    }

    private func word(_ key: String, _ parameters: [String: String]) -> String {
        Catalogue.sentence(key, parameters, language) ?? key
    }
}
