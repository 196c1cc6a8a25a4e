import BlockIO
import NBDProtocol

/// A device that a connection was given, on the connection's loop.
public struct NBDExport: @unchecked Sendable {
    // @unchecked: the device belongs to the loop that it was opened for, and is used there only.

    public var device: any BlockDevice
    /// For people; may be empty.
    public var description: String
    /// A flush on one connection covers what was completed on all, so a client may use several.
    public var allowsConnections: Bool
    /// What block status tells as `keelson:dirty`: the ranges from an offset (bytes) on, at most `length` in all, and
    /// whether each has changed. nil: the export has no such context. Called on the loop.
    public var dirty: ((_ offset: UInt64, _ length: UInt64) throws -> [DirtyRange])?

    /// A range that has changed, or has not.
    public struct DirtyRange: Equatable, Sendable {
        public var length: UInt64
        public var isDirty: Bool

        public init(length: UInt64, isDirty: Bool) {
            self.length = length
            self.isDirty = isDirty
        }
    }

    public init(
        _ device: any BlockDevice, description: String = "", allowsConnections: Bool = false,
        dirty: ((UInt64, UInt64) throws -> [DirtyRange])? = nil
    ) {
        self.device = device
        self.description = description
        self.allowsConnections = allowsConnections
        self.dirty = dirty
    }

    var terms: NBDTerms {
        let geometry = device.geometry
        return NBDTerms(
            size: geometry.size, blockSize: UInt32(geometry.blockSize), isReadOnly: geometry.isReadOnly,
            allowsConnections: allowsConnections, description: description,
            contexts: dirty == nil ? [NBDTerms.allocation] : [NBDTerms.allocation, NBDTerms.dirty])
    }
}

/// What a server has to offer. Asked on the loops of connections; the answers may come at once or later, from any
/// thread, each exactly once.
public protocol NBDCatalogue: AnyObject, Sendable {
    func list(_ answer: @escaping @Sendable ([NBDHandshake.Listed]) -> Void)

    /// Opens an export for one connection, on its loop. The connection lets go of the device when it ends and nothing
    /// is under way any more.
    func open(
        _ name: String, on loop: BlockLoop, _ answer: @escaping @Sendable (Result<NBDExport, NBDRefusal>) -> Void)
}

/// Why an export is not given.
public struct NBDRefusal: Error, Equatable, Sendable {
    public var refusal: NBDHandshake.Refusal

    public init(_ refusal: NBDHandshake.Refusal) { self.refusal = refusal }
}
