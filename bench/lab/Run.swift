import ArgumentParser
import Lab
import Primitives

struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Starts a cluster of appliance nodes on this machine and shows it until Ctrl-C.")

    @Option(help: "Number of nodes.")
    var nodes = 3

    @Option(help: "How fast it fails over: auto, instant, fast, calm, slow.")
    var profile = "auto"

    @Flag(help: "Set the cluster up by command line, not in the browser.")
    var unattended = false

    @Flag(help: "Cut the master's power and show the outage; without a terminal the run ends then.")
    var cut = false

    func validate() throws {
        guard (1...5).contains(nodes) else { throw ValidationError("--nodes must be 1 to 5.") }
    }

    func run() throws {
        LabGuard.exitCode(onSignal: 0)
        try withLab { lab in
            let cluster = KeelsonCluster(lab: lab) { Terminal.say($0) }
            guard unattended || cut else { return try runWizard(cluster) }
            try cluster.grow(to: nodes, profile: profile)
            Terminal.say("The cluster answers at https://\(LabNetwork.vip)/ inside its own network; to ask it:")
            Terminal.say("  ip netns exec \(lab.network.client) curl -k https://\(LabNetwork.vip)/v1/master")
            if Terminal.isInteractive { Terminal.draw("\u{1B}[2J") }
            try show(cluster)
        }
    }

    /// Fresh nodes, the others asking the first for their places: the rest happens in the browser.
    private func runWizard(_ cluster: KeelsonCluster) throws {
        for _ in 0..<nodes { try cluster.addNode() }
        let lab = cluster.lab
        try lab.network.connectHost()
        let first = lab.nodes[0]
        let vip = "\(LabNetwork.vip)/\(LabNetwork.prefixLength)"
        var notes = [
            "Set the cluster up in a browser on this machine:",
            "  https://\(first.address)/   setup code \(try first.setupCode())",
            "  virtual address \(vip), gateway and time server \(LabNetwork.gateway)",
        ]
        for node in lab.nodes.dropFirst() {
            try cluster.askToJoin(node, at: first.address)
            notes.append("  \(node.name) asks to join and shows \(try cluster.digits(of: node))")
        }
        for line in notes { Terminal.say(line) }
        if Terminal.isInteractive { Terminal.draw("\u{1B}[2J") }
        try show(cluster, notes: notes)
    }

    private func show(_ cluster: KeelsonCluster, notes given: [String] = []) throws {
        let live = LiveStatus(cluster)
        live.show(notes: given)
        var notes = given
        var disk = unattended || cut ? try DiskShow(cluster: cluster) : nil
        if cut, let disk {
            notes = try CutShow(cluster: cluster, live: live).run()
            notes += try disk.loseReceiver { live.show(notes: notes + [disk.line()]) }
            guard Terminal.isInteractive else { return }
        }
        while true {
            if disk == nil, live.hasWholeCluster { disk = try DiskShow(cluster: cluster) }
            try disk?.write()
            live.show(notes: notes + (disk.map { [$0.line()] } ?? []))
            LabClock.pass(.milliseconds(500))
        }
    }
}

/// Runs the body in a lab that is removed in all cases; what is left behind is a failure of the run.
func withLab(_ body: (Lab) throws -> Void) throws {
    let lab = try Lab()
    do {
        try body(lab)
    } catch {
        if !LabGuard.isEnding { Terminal.complain("\(error)") }
        try lab.remove()
        throw ExitCode(1)
    }
    try lab.remove()
}
