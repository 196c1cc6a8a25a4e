import BlockIO
import JournalStore
import Linux
import NBDProtocol
import NBDServer
import StreamProtocol

/// The volumes of a point, open, on a socket.
final class ServedExport: NBDCatalogue {
    /// A volume as it is served.
    enum Device: Sendable {
        case point(PointDevice)
        case branch(BranchDevice)

        var volume: VolumeNumber {
            switch self {
            case .point(let device): device.volume
            case .branch(let device): device.parent.volume
            }
        }

        var block: any BlockDevice {
            switch self {
            case .point(let device): device
            case .branch(let device): device
            }
        }

        /// On the journal's loop; nothing may be under way.
        func close() {
            switch self {
            case .point(let device): device.close()
            case .branch(let device): device.close()
            }
        }
    }

    let record: ExportRecord
    let socket: String
    let devices: [Device]
    private let loop: BlockLoop

    init(_ record: ExportRecord, socket: String, devices: [Device], loop: BlockLoop) {
        self.record = record
        self.socket = socket
        self.devices = devices
        self.loop = loop
    }

    /// - Throws: `SystemError`.
    func serve() throws(SystemError) -> NBDServer {
        let server = NBDServer(self, on: [loop])
        try server.listen(unix: socket)
        return server
    }

    private func name(_ device: Device) -> String { "\(record.name)/\(device.volume.number)" }

    // MARK: NBDCatalogue

    func list(_ answer: @escaping @Sendable ([NBDHandshake.Listed]) -> Void) {
        answer(devices.map { NBDHandshake.Listed(name: name($0), description: "") })
    }

    func open(
        _ name: String, on loop: BlockLoop, _ answer: @escaping @Sendable (Result<NBDExport, NBDRefusal>) -> Void
    ) {
        guard let device = devices.first(where: { self.name($0) == name }) else {
            return answer(.failure(NBDRefusal(.unknown("there is no export \(name)"))))
        }
        answer(.success(NBDExport(device.block, allowsConnections: true)))
    }
}
