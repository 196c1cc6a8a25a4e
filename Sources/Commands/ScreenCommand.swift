import APIProtocol
import ArgumentParser
import Glibc
import Texts

/// `keelson screen`
struct ScreenCommand: SessionCommand {
    static let configuration = CommandConfiguration(
        commandName: "screen", abstract: "Shows this node's state on a terminal, for as long as it runs.",
        discussion: "The appliance runs it on its first screen and on its serial line.")

    @OptionGroup var options: GlobalOptions

    func perform(_ session: Session) async throws {
        let clock = ContinuousClock()
        var shown: [String] = []
        // Ended by a signal, as what runs on a terminal is.
        while true {
            let lines = ScreenView(state: await state(session), session: session).lines
            // A serial line is slow, and a picture that is drawn again and again cannot be copied from.
            if lines != shown {
                session.say(Self.drawn(lines))
                shown = lines
            }
            try await clock.sleep(for: .seconds(1))
        }
    }

    /// Clears the terminal and writes from its first row on (ECMA-48: ED, CUP).
    static func drawn(_ lines: [String]) -> String {
        "\u{1B}[2J\u{1B}[H" + lines.joined(separator: "\n")
    }

    private func state(_ session: Session) async -> ScreenView.State {
        do {
            let status: ClusterStatus = try await session.client.call(.status)
            switch status.stage {
            case .installed: return .installed(try await session.client.call(.setupCode), try await setup(session))
            case .joining, .recovering: return .joining(status, try await setup(session))
            case .member: return .member(status)
            }
        } catch let error as APIError where error.code != .unreachable {
            return .starting(error.sentence(in: session.language))
        } catch {
            return .starting(Self.reason(session))
        }
    }

    private func setup(_ session: Session) async throws -> SetupStatus { try await session.client.call(.setupStatus) }

    /// Why no daemon answers.
    private static func reason(_ session: Session) -> String {
        if access(noDataPath, F_OK) == 0 { return session.text("screen.noData", ["reason": damage()]) }
        return session.text(access(configurationPath, F_OK) == 0 ? "screen.daemons" : "screen.noNetwork")
    }

    private static func damage() -> String {
        do {
            return try Session.readFile(noDataPath).split(whereSeparator: \.isNewline).joined(separator: " ")
        } catch { return "\(error)" }
    }

    /// Written in the initramfs when the data partition is of no use (rootfs/usr/share/initramfs-tools).
    private static let noDataPath = "/run/keelson-no-data"
    /// Written at the first boot, once there is an address.
    private static let configurationPath = "/etc/keelson/keelson.toml"
}
