import APIProtocol
import AlarmCore

/// The state of the cluster in one word, and what is wrong in sentences, the gravest first.
struct Judgement: Sendable {
    enum Tone: String, Sendable {
        case good, warn, bad
    }

    struct Problem: Equatable, Sendable {
        let tone: Tone
        let key: String
        var parameters: [String: String] = [:]
    }

    let problems: [Problem]

    init(_ status: ClusterStatus, _ machines: [Machine] = []) {
        var problems: [Problem] = []
        if status.master == nil { problems.append(Problem(tone: .bad, key: "judgement.noMaster")) }
        if status.vip.holder == nil { problems.append(Problem(tone: .bad, key: "judgement.vipFree")) }
        for alarm in status.etcd.alarms {
            problems.append(Problem(tone: .bad, key: "judgement.storeAlarm", parameters: ["alarm": alarm]))
        }
        if !status.etcd.healthy {
            problems.append(
                Problem(
                    tone: .bad, key: "judgement.storeIll",
                    parameters: ["inStep": "\(status.etcd.inStep)", "members": "\(status.etcd.members)"]))
        } else if status.etcd.inStep < status.etcd.members {
            problems.append(
                Problem(
                    tone: .warn, key: "judgement.storeBehind",
                    parameters: ["inStep": "\(status.etcd.inStep)", "members": "\(status.etcd.members)"]))
        }
        for node in status.nodes where node.state != .online {
            // A new master knows nothing of a node that it has not heard.
            let key = node.state == .silent ? "judgement.silent" : "judgement.unknown"
            problems.append(Problem(tone: .warn, key: key, parameters: ["node": node.name]))
        }
        let alarms = machines.flatMap { machine in machine.alarms.map { (machine.name, $0) } }
        for tone in [Tone.bad, .warn] {
            for (name, alarm) in alarms where Self.tone(of: alarm) == tone {
                problems.append(
                    Problem(tone: tone, key: "judgement.machine.\(alarm.rawValue)", parameters: ["machine": name]))
            }
        }
        if !status.failsOver { problems.append(Problem(tone: .warn, key: "judgement.noFailover")) }
        self.problems = problems
    }

    static func tone(of alarm: Alarm) -> Tone {
        switch alarm {
        case .journalFull, .faulted, .splitBrain, .damaged: .bad
        case .lagOverTarget, .stalled, .secondMissing, .streamStopped: .warn
        }
    }

    var tone: Tone {
        if problems.contains(where: { $0.tone == .bad }) { return .bad }
        return problems.isEmpty ? .good : .warn
    }
}
