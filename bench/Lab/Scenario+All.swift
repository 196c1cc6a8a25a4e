import APIProtocol
import Glibc
import Primitives

extension Scenario {
    /// The faults of the cluster's design, in the order in which they are made.
    public static let all: [Scenario] = power + daemons + network + whole

    /// For clusters whose nodes have small disks of their own.
    public static let disk: [Scenario] = [
        Scenario("stalled disk of the master", .atMostOne) { stage throws(LabError) in
            try stage.master.stallDisk()
        } heal: { stage throws(LabError) in
            try stage.master.resumeDisk()
        },
        Scenario("stalled disk of another node", .none) { stage throws(LabError) in
            try stage.others[0].stallDisk()
        } heal: { stage throws(LabError) in
            try stage.others[0].resumeDisk()
        },
        Scenario("full disk of the master", .atMostOne) { stage throws(LabError) in
            try stage.master.fillDisk()
        } heal: { stage throws(LabError) in
            try stage.master.freeDisk()
        },
        Scenario("full disk of another node", .none) { stage throws(LabError) in
            try stage.others[0].fillDisk()
        } heal: { stage throws(LabError) in
            try stage.others[0].freeDisk()
        },
    ]

    /// For clusters whose nodes have wall clocks of their own. Nothing but the expiry of tokens and certificates may
    /// depend on them.
    public static let clock: [Scenario] = [
        moved("the wall clock of the master an hour ahead", by: .seconds(3_600)) { $0.master },
        moved("the wall clock of the master an hour behind", by: .seconds(-3_600)) { $0.master },
        moved("the wall clock of another node an hour ahead", by: .seconds(3_600)) { $0.others[0] },
        moved("the wall clock of another node an hour behind", by: .seconds(-3_600)) { $0.others[0] },
    ]

    private static func moved(
        _ name: String, by offset: Span, of node: @escaping @Sendable (Stage) -> LabNode
    ) -> Scenario {
        Scenario(name, .none) { stage throws(LabError) in
            try node(stage).setClock(offset)
            // The nodes compare their clocks with every report.
            try Condition.hold("clocks that differ", within: .seconds(10)) { () throws(LabError) in
                try stage.cluster.status().nodes.contains {
                    abs($0.resources?.clockOffsetMilliseconds ?? 0) > 3_500_000
                }
            }
        } heal: { stage throws(LabError) in
            try node(stage).setClock(.zero)
        }
    }

    private static let power: [Scenario] = [
        Scenario("power of the master", .one, selected: true) { stage throws(LabError) in
            try stage.master.cutPower()
        } heal: { stage throws(LabError) in
            try stage.master.restorePower()
        },
        Scenario("power of another node", .none, selected: true) { stage throws(LabError) in
            try stage.others[0].cutPower()
        } heal: { stage throws(LabError) in
            try stage.others[0].restorePower()
        },
        Scenario("power of two of three nodes", .silence) { stage throws(LabError) in
            for node in stage.others.prefix(2) { try node.cutPower() }
        } heal: { stage throws(LabError) in
            for node in stage.others.prefix(2) { try node.restorePower() }
        },
    ]

    private static let daemons: [Scenario] = [
        stopped("keelson-clusterd", .one, selected: true),
        stopped("keelson-vipd", .atMostOne),
        stopped("etcd", .atMostOne),
        killed("keelson-clusterd", .atMostOne, selected: true),
        killed("keelson-vipd", .atMostOne, selected: true),
        killed("etcd", .atMostOne, selected: true),
        Scenario("kill of the supervisor on the master", .one) { stage throws(LabError) in
            try stage.master.signal(SIGKILL, program: "keelson-supervisor")
        } heal: { stage throws(LabError) in
            // On the appliance systemd starts it again; here the node is switched off and on.
            try stage.master.cutPower()
            try stage.master.restorePower()
        },
        Scenario("the master's machine is stunned", .one) { stage in
            stage.master.signalAll(SIGSTOP)
        } heal: { stage in
            stage.master.signalAll(SIGCONT)
        },
    ]

    private static let network: [Scenario] = [
        Scenario("cable of the master", .one, selected: true) { stage throws(LabError) in
            try stage.master.setCable(connected: false)
        } heal: { stage throws(LabError) in
            try stage.master.setCable(connected: true)
        },
        Scenario("master cut from its peers, not from the client", .one, selected: true) { stage throws(LabError) in
            try stage.cluster.lab.network.partition(node: stage.master.index, from: stage.others.map(\.index))
        } heal: { stage throws(LabError) in
            try stage.cluster.lab.network.heal()
        },
        Scenario("nothing that the master sends reaches its peers", .atMostOne) { stage throws(LabError) in
            for peer in stage.others {
                try stage.cluster.lab.network.lose(from: stage.master.index, to: peer.index)
            }
        } heal: { stage throws(LabError) in
            try stage.cluster.lab.network.heal()
        },
        Scenario("nothing that one peer sends reaches the master", .none) { stage throws(LabError) in
            try stage.cluster.lab.network.lose(from: stage.others[0].index, to: stage.master.index)
        } heal: { stage throws(LabError) in
            try stage.cluster.lab.network.heal()
        },
    ]

    private static let whole: [Scenario] = [
        // The supervisor heals it by itself.
        Scenario("the store's quota is used up", .atMostOne) { stage throws(LabError) in
            try stage.master.fillStore()
        } heal: { stage throws(LabError) in
            // While a member is defragmented it answers nobody.
            try stage.cluster.waitUntilWhole(within: .seconds(60))
            try stage.others[0].freeStore()
        },
        Scenario("planned switch", .one, selected: true) { stage throws(LabError) in
            try stage.master.keelson(["master", "switch", "--wait"])
        },
        Scenario("all nodes rebooted", .silence) { stage throws(LabError) in
            for node in [stage.master] + stage.others { try node.cutPower() }
        } heal: { stage throws(LabError) in
            for node in [stage.master] + stage.others { try node.restorePower() }
        },
    ]

    private static func stopped(_ program: String, _ takeovers: Takeovers, selected: Bool = false) -> Scenario {
        Scenario("\(program) stopped on the master", takeovers, selected: selected) { stage throws(LabError) in
            try stage.master.signal(SIGSTOP, program: program)
        } heal: { stage in
            // The supervisor may have replaced the stopped one meanwhile; continuing the new one does nothing.
            for pid in stage.master.processes(of: program) { kill(pid, SIGCONT) }
        }
    }

    private static func killed(_ program: String, _ takeovers: Takeovers, selected: Bool = false) -> Scenario {
        Scenario("kill of \(program) on the master", takeovers, selected: selected) { stage throws(LabError) in
            try stage.master.signal(SIGKILL, program: program)
        }
    }
}
