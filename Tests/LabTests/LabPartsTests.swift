import Foundation
import Glibc
import Lab
import Primitives
import Testing

@Suite("Parts of the lab")
struct LabPartsTests {
    @Test("a command's answer, its input and its failure")
    func command() throws {
        #expect(try Command.run(["cat"], input: "hello") == "hello")
        #expect(try Command.attempt(["sh", "-c", "echo no; exit 3"]).code == 3)
        let error = #expect(throws: LabError.self) { try Command.run(["sh", "-c", "echo no; exit 3"]) }
        #expect(error?.description == "'sh -c echo no; exit 3' ended with code 3: no")
        #expect(throws: LabError.self) { try Command.run(["keelson-no-such-program"]) }
    }

    @Test("a command that does not end is killed")
    func endless() {
        let start = LabClock.now()
        #expect(throws: LabError.self) { try Command.run(["sleep", "60"], within: .milliseconds(50)) }
        #expect(LabClock.now() - start < .seconds(10))
    }

    @Test("a condition that never comes names its obstacle")
    func condition() {
        let error = #expect(throws: LabError.self) {
            try Condition.wait(for: "rain", within: .milliseconds(30)) { () throws(LabError) -> Int? in
                throw LabError("The sky is blue.")
            }
        }
        #expect(error?.description == "Waited 0.03 s in vain for rain. Last obstacle: The sky is blue.")
    }

    @Test("the list of goals has every field")
    func goals() throws {
        let path = "\(NSTemporaryDirectory())goals-\(getpid()).json"
        defer { unlink(path) }
        try Goal.write([Goal(what: "x", ours: 1, against: "y", theirs: 4, goal: "z", met: true)], to: path)
        let data = try #require(FileManager.default.contents(atPath: path))
        let list = try #require(try JSONSerialization.jsonObject(with: data) as? [[String: Any]])
        #expect(list.count == 1)
        #expect(list[0].keys.sorted() == ["against", "goal", "met", "ours", "ratio", "theirs", "what"])
        #expect(list[0]["ratio"] as? Double == 0.25)
    }

    @Test("a table's columns are aligned")
    func table() {
        var table = TextTable(["what", "n"])
        table.add(["power", "12"])
        #expect(table.lines == ["what    n", "-----  --", "power  12"])
    }
}

@Suite("Namespaces of the lab", .enabled(if: geteuid() == 0), .serialized)
struct LabNetworkTests {
    private struct Idle: NodeSoftware {
        func boot(_ node: LabNode) throws(LabError) {
            try node.start(["sh", "-c", "sleep 1000 & sleep 1000"], output: "idle.log")
        }
    }

    private func namespaces(of lab: Lab) throws -> [Substring] {
        try Command.run(["ip", "netns", "list"]).split(separator: "\n").filter { $0.hasPrefix("\(lab.name)-") }
    }

    @Test("a power cut ends everything in the node, and nothing of the lab is left behind")
    func powerCut() throws {
        let lab = try Lab()
        defer { #expect(throws: Never.self) { try lab.remove() } }
        let node = try lab.addNode(Idle())
        let other = try lab.addNode(Idle())
        try node.powerOn()
        try other.powerOn()
        let ping = ["ip", "netns", "exec", node.space, "ping", "-c", "1", "-W", "1"]
        let hasPing = access("/usr/bin/ping", X_OK) == 0 || access("/bin/ping", X_OK) == 0
        if hasPing {
            #expect(try Command.attempt(ping + [other.address]).code == 0)
            try lab.network.lose(from: 2, to: 1)
            #expect(try Command.attempt(ping + [other.address]).code != 0)
            #expect(try Command.attempt(ping + [LabNetwork.gateway]).code == 0)
            try lab.network.heal()
            #expect(try Command.attempt(ping + [other.address]).code == 0)
        }
        try Condition.hold("two sleeps", within: .seconds(5)) { node.processes(of: "sleep").count == 2 }
        try node.cutPower()
        #expect(node.processes(of: "sleep").isEmpty)
        #expect(other.processes(of: "sh").count == 1)
        try node.restorePower()
        try Condition.hold("the node's return", within: .seconds(5)) { node.processes(of: "sleep").count == 2 }
        try lab.remove()
        #expect(try namespaces(of: lab).isEmpty)
        #expect(access(lab.directory, F_OK) != 0)
    }
}
