import APIProtocol
import Foundation
import JoinCore
import Primitives

// For people to read, and for the expiry of tokens and certificates; nothing about mastership depends on it.

extension Timestamp {
    static var now: Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000)) }

    func adding(_ span: Span) -> Timestamp { Timestamp(milliseconds: milliseconds + span.milliseconds) }
}

extension WallTime {
    static var now: WallTime { WallTime(secondsSince1970: Int64(Date().timeIntervalSince1970)) }
}
