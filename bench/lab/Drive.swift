import APIProtocol
import ArgumentParser
import Foundation
import Lab
import Primitives

/// The lab for tests in other languages: a line of words in, a line of JSON out.
struct Drive: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes fresh nodes and then does what its standard input says, until that ends.")

    @Option(help: "Number of nodes.")
    var nodes = 3
    @Option(help: "A file of public keys whose licenses the nodes read, in a debug build.")
    var testKeys: String?

    func run() throws {
        try withLab { lab in
            let cluster = KeelsonCluster(lab: lab, licenseTestKeys: testKeys) { Terminal.complain($0) }
            for _ in 0..<nodes { try cluster.addNode() }
            answer(lab.network.client)
            while let line = readLine() {
                let words = line.split(separator: " ").map(String.init)
                do { answer(try perform(words, cluster)) } catch {
                    guard !LabGuard.isEnding else { return }
                    Terminal.say(Self.json(["error": "\(error)"]))
                }
            }
        }
    }

    private func answer(_ value: String) { Terminal.say(Self.json(["value": value])) }

    private static func json(_ object: [String: String]) -> String {
        do { return String(decoding: try JSONEncoder().encode(object), as: UTF8.self) } catch {
            preconditionFailure("texts are no JSON: \(error)")
        }
    }

    private func perform(_ words: [String], _ cluster: KeelsonCluster) throws(LabError) -> String {
        let lab = cluster.lab
        switch (words.first, words.dropFirst().first) {
        case ("setup-code", let name?): return try lab.node(named: name).setupCode()
        case ("join", let name?):
            let member = words.count > 2 ? try lab.node(named: words[2]) : lab.nodes[0]
            try cluster.askToJoin(lab.node(named: name), at: member.address)
            return name
        case ("folder", let name?): return try lab.node(named: name).directory
        case ("digits", let name?): return try cluster.digits(of: lab.node(named: name))
        case ("keelson", let name?): return try lab.node(named: name).keelson(Array(words.dropFirst(2)))
        case ("cut", let name):
            let node = if let name { try lab.node(named: name) } else { try cluster.master() }
            try node.cutPower()
            return node.name
        case ("cut-in-founding", let name?):
            guard words.count > 2, let moment = FoundingMoment(rawValue: words[2]) else {
                throw LabError("'\(words.joined(separator: " "))' names no moment of the founding.")
            }
            try cluster.cutPower(of: lab.node(named: name), at: moment)
            return name
        case ("restore", let name?):
            try cluster.restorePower(of: lab.node(named: name))
            return name
        case ("master", nil): return try cluster.master().name
        case ("whole", let count?):
            return try Condition.wait(for: "a cluster of \(count)", within: .seconds(60)) { () throws(LabError) in
                let status = try cluster.waitUntilWhole(within: .seconds(10))
                return status.nodes.count == Int(count) ? status.master?.name : nil
            }
        default: throw LabError("'\(words.joined(separator: " "))' is no command of this lab.")
        }
    }
}
