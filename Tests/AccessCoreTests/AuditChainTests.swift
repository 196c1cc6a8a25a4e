import APIProtocol
import Testing

@testable import AccessCore

@Suite("Audit chain")
struct AuditChainTests {
    private typealias Stored = (number: Int64, entry: AuditEntry)

    private static func note(_ number: Int) -> AuditNote {
        AuditNote(
            id: "\(number)", at: Timestamp(milliseconds: Int64(number) * 1_000), who: "anna", role: .operator,
            client: "192.0.2.1", action: "POST /v1/master/switch", target: "", outcome: "done",
            parameters: ["to": "n\(number)", "a": "b"])
    }

    private static func chain(_ count: Int) -> (entries: [Stored], head: AuditHead) {
        var head = AuditHead.start
        var entries: [Stored] = []
        for number in 1...count {
            let next = AuditChain.append(note(number), from: "n1", to: head)!
            entries.append((next.entry.number, next.entry))
            head = next.head
        }
        return (entries, head)
    }

    @Test("An untouched trail is intact, an empty one too")
    func intact() {
        let (entries, head) = Self.chain(20)
        #expect(AuditChain.verify(entries, head: head) == AuditReport(entries: 20, intact: true))
        #expect(AuditChain.verify([], head: .start) == AuditReport(entries: 0, intact: true))
        #expect(entries[0].entry.previousHash == String(repeating: "0", count: 64))
        #expect(entries.map(\.number) == Array(1...20))
    }

    @Test("Each entry that is removed, changed, inserted or moved is found", arguments: [1, 2, 10, 19, 20] as [Int64])
    func tampered(number: Int64) {
        let (entries, head) = Self.chain(20)
        let index = Int(number) - 1
        func report(_ change: (inout [Stored]) -> Void) -> AuditReport {
            var changed = entries
            change(&changed)
            return AuditChain.verify(changed, head: head)
        }
        let removed = report { $0.remove(at: index) }
        #expect(!removed.intact && removed.firstBroken == number && removed.reason == .missing)
        let closed = report { list in
            list.remove(at: index)
            for later in list.indices.dropFirst(index) { list[later].number -= 1 }
        }
        #expect(!closed.intact && closed.firstBroken == number)
        let doubled = report { $0.insert($0[index], at: index) }
        #expect(!doubled.intact && doubled.reason == .inserted && doubled.firstBroken == number)
        let swapped = report { list in
            let other = index == 0 ? 1 : index - 1
            (list[index].entry, list[other].entry) = (list[other].entry, list[index].entry)
        }
        #expect(swapped.firstBroken == max(1, number - 1) && swapped.reason == .reordered)
    }

    @Test("Every member of an entry counts")
    func everyMember() {
        let (entries, head) = Self.chain(5)
        let changes: [(inout AuditEntry) -> Void] = [
            { $0.at = Timestamp(milliseconds: 1) }, { $0.who = "bert" }, { $0.role = .viewer }, { $0.role = nil },
            { $0.client = nil }, { $0.action = "DELETE /v1/nodes/{id}" }, { $0.target = "x" },
            { $0.outcome = "forbidden" }, { $0.parameters["to"] = "n9" }, { $0.parameters["c"] = "" },
            { $0.parameters = [:] }, { $0.number = 4 }, { $0.previousHash = $0.hash },
            { $0.hash = String($0.hash.reversed()) },
        ]
        for (index, change) in changes.enumerated() {
            var tampered = entries
            change(&tampered[2].entry)
            let report = AuditChain.verify(tampered, head: head)
            #expect(report.firstBroken == 3 && report.reason == .changed, "change \(index)")
        }
    }

    @Test("Members that run together differently have another hash")
    func boundaries() {
        var one = Self.chain(1).entries[0].entry
        var other = one
        (one.action, one.target) = ("ab", "c")
        (other.action, other.target) = ("a", "bc")
        #expect(AuditChain.digest(one) != AuditChain.digest(other))
        (one.parameters, other.parameters) = (["a": "bc"], ["ab": "c"])
        #expect(AuditChain.digest(one) != AuditChain.digest(other))
    }

    /// Made with Python's hashlib from the description of `digest`.
    @Test("The hash is what the description says")
    func golden() {
        #expect(
            Self.chain(1).entries[0].entry.hash == "553cda04cf311658ee80a95994b91a8b2a69e6a8d63bfe052ad27e8489e72a89")
    }

    @Test("An entry that was written anew with its hash breaks the next; the newest breaks the head")
    func forged() {
        let (entries, head) = Self.chain(10)
        func forge(_ index: Int) -> AuditReport {
            var forged = entries
            forged[index].entry.who = "nobody"
            forged[index].entry.hash = AuditChain.digest(forged[index].entry)
            return AuditChain.verify(forged, head: head)
        }
        #expect(forge(4).firstBroken == 6 && forge(4).reason == .broken)
        #expect(forge(9).firstBroken == 10 && forge(9).reason == .broken)
        let cut = AuditChain.verify(Array(entries.dropLast(3)), head: head)
        #expect(cut.firstBroken == 8 && cut.reason == .missing)
        var longer = entries
        longer.append((11, entries[9].entry))
        #expect(AuditChain.verify(longer, head: head).reason == .inserted)
    }

    @Test("A note that is delivered twice is written once, in between others as well")
    func twice() {
        var head = AuditHead.start
        head = AuditChain.append(Self.note(1), from: "n1", to: head)!.head
        head = AuditChain.append(Self.note(2), from: "n2", to: head)!.head
        #expect(AuditChain.append(Self.note(1), from: "n1", to: head) == nil)
        #expect(AuditChain.append(Self.note(3), from: "n1", to: head)?.entry.number == 3)
    }

    @Test("What is too much goes, and the rest still continues it")
    func trimming() throws {
        var (entries, head) = Self.chain(30)
        #expect(AuditChain.surplus(head, most: 100) == nil)
        var crowded = head
        crowded.number = AuditChain.kept + 30
        #expect(AuditChain.surplus(crowded, most: 100) == 1...30)
        #expect(AuditChain.surplus(crowded, most: 10) == 1...10)
        head = AuditChain.trimmed(head, through: entries[9].entry)
        entries.removeFirst(10)
        #expect(AuditChain.verify(entries, head: head) == AuditReport(entries: 20, intact: true))
        entries.removeFirst()
        #expect(AuditChain.verify(entries, head: head).firstBroken == 11)
    }
}
