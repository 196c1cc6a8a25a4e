import Foundation
import MastershipCore
import Primitives

/// How the key `cluster/master` is written: JSON with times in milliseconds, readable with etcdctl at three in the
/// morning.
struct MasterRecordDocument: Codable {
    let node: NodeID
    let session: String
    let generation: UInt64
    let takeoverRevision: Int64
    let sequence: UInt64
    let released: Bool?
    let successor: NodeID?
    let renew: Int64
    let fence: Int64
    let take: Int64
    let spread: Int64

    init(_ record: MasterRecord) {
        node = record.node
        session = String(record.session, radix: 16)
        generation = record.generation
        takeoverRevision = record.takeoverRevision
        sequence = record.sequence
        switch record.claim {
        case .held: (released, successor) = (nil, nil)
        case .released(let to): (released, successor) = (true, to)
        }
        renew = record.timing.renew.milliseconds
        fence = record.timing.fence.milliseconds
        take = record.timing.take.milliseconds
        spread = record.timing.spread.milliseconds
    }

    func record() throws -> MasterRecord {
        guard let session = UInt64(session, radix: 16) else {
            throw DamagedMasterRecord(reason: "'\(session)' is not a session")
        }
        for (name, value) in [("renew", renew), ("fence", fence), ("take", take), ("spread", spread)]
        where !(0...3_600_000).contains(value) {
            throw DamagedMasterRecord(reason: "\(name) is \(value) ms")
        }
        let timing = try Timing(
            renew: .milliseconds(renew), fence: .milliseconds(fence), take: .milliseconds(take),
            spread: .milliseconds(spread))
        return MasterRecord(
            node: node, session: session, generation: generation, takeoverRevision: takeoverRevision,
            sequence: sequence, claim: released == true ? .released(to: successor) : .held, timing: timing)
    }
}

/// The key `cluster/master` holds something that no Keelson wrote.
struct DamagedMasterRecord: Error, CustomStringConvertible {
    let reason: String
    var description: String { "the key cluster/master is damaged: \(reason)" }
}

extension MasterRecord {
    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return Array(try encoder.encode(MasterRecordDocument(self)))
    }

    init(decoding bytes: [UInt8]) throws {
        do {
            self = try JSONDecoder().decode(MasterRecordDocument.self, from: Data(bytes)).record()
        } catch let error as DecodingError {
            throw DamagedMasterRecord(reason: "\(error)")
        }
    }
}
