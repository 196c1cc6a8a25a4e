import CLibmnl
import Primitives

/// Requests written one after another into one buffer that lives as long as the socket: nothing is allocated a request.
public struct NetlinkRequest: ~Copyable {
    private let buffer: UnsafeMutableRawPointer
    private let capacity: Int
    private var current: UnsafeMutablePointer<nlmsghdr>?
    private var finished = 0
    private var sequence: UInt32 = 0
    /// Of the first message since `reset`.
    public private(set) var firstSequence: UInt32 = 1

    /// - Parameter capacity: bytes; the messages of one sending must fit.
    public init(capacity: Int = 16_384) {
        buffer = .allocate(byteCount: capacity, alignment: 16)
        // Padding between attributes is not written: it shall not carry what lay in memory to the kernel.
        buffer.initializeMemory(as: UInt8.self, repeating: 0, count: capacity)
        self.capacity = capacity
    }

    deinit { buffer.deallocate() }

    /// Of the last message.
    public var lastSequence: UInt32 { sequence }

    /// Forgets what was written.
    public mutating func reset() {
        finished = 0
        current = nil
        firstSequence = sequence &+ 1
    }

    /// Begins a message with this header of its own kind after the common one.
    public mutating func begin<Extra: BitwiseCopyable>(_ type: UInt16, flags: Int32, extra: Extra) {
        finishCurrent()
        precondition(finished + 64 <= capacity, "a netlink request outgrew its buffer")
        let header = mnl_nlmsg_put_header(buffer + finished)!
        sequence &+= 1
        header.pointee.nlmsg_type = type
        header.pointee.nlmsg_flags = UInt16(NLM_F_REQUEST | flags)
        header.pointee.nlmsg_seq = sequence
        mnl_nlmsg_put_extra_header(header, MemoryLayout<Extra>.size).storeBytes(of: extra, as: Extra.self)
        current = header
    }

    /// Appends an attribute with this value.
    public mutating func put(_ type: some RawRepresentable<UInt32>, bytes: [UInt8]) {
        put(UInt16(type.rawValue), bytes: bytes)
    }

    /// As above, for attributes that the headers do not give as an enumeration.
    public mutating func put(_ type: UInt16, bytes: [UInt8]) {
        room(bytes.count)
        mnl_attr_put(current, type, bytes.count, bytes)
    }

    /// A number in network order, as nf_tables wants them.
    public mutating func put<Value: FixedWidthInteger>(_ type: some RawRepresentable<UInt32>, network value: Value) {
        room(8)
        withUnsafeBytes(of: value.bigEndian) {
            mnl_attr_put(current, UInt16(type.rawValue), $0.count, $0.baseAddress)
        }
    }

    /// A number in the machine's order, as rtnetlink wants them.
    public mutating func put<Value: FixedWidthInteger>(_ type: UInt16, native value: Value) {
        room(8)
        withUnsafeBytes(of: value) { mnl_attr_put(current, type, $0.count, $0.baseAddress) }
    }

    /// A name with its NUL, from the program's own constants: no copy is made of it.
    public mutating func put(_ type: some RawRepresentable<UInt32>, name: StaticString) {
        precondition(name.hasPointerRepresentation, "a name has more than one letter")
        room(name.utf8CodeUnitCount + 1)
        mnl_attr_put(current, UInt16(type.rawValue), name.utf8CodeUnitCount + 1, name.utf8Start)
    }

    /// Attributes within an attribute.
    public mutating func nest(_ type: some RawRepresentable<UInt32>, _ body: (inout NetlinkRequest) -> Void) {
        room(0)
        let start = mnl_attr_nest_start(current, UInt16(type.rawValue))
        body(&self)
        mnl_attr_nest_end(current, start)
    }

    /// Asks the kernel to acknowledge the message that was begun last.
    public mutating func acknowledgeLast() {
        current?.pointee.nlmsg_flags |= UInt16(NLM_F_ACK)
    }

    /// What was written, whole messages in order.
    public mutating func withBytes<Result, Failure>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        finishCurrent()
        return try body(UnsafeRawBufferPointer(start: buffer, count: finished))
    }

    private mutating func finishCurrent() {
        guard let message = current else { return }
        finished += Int((message.pointee.nlmsg_len + 3) & ~3)
        current = nil
    }

    private func room(_ size: Int) {
        precondition(current != nil, "an attribute needs a message")
        let used = finished + Int(current!.pointee.nlmsg_len)
        precondition(used + size + 16 <= capacity, "a netlink request outgrew its buffer")
    }
}
