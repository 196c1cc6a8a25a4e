import APIProtocol
import LicenseCore
import Linux
import Logging
import MembershipCore
import NIOConcurrencyHelpers
import Primitives

/// What keeps the license fresh on every member, and what the master writes down about it.
extension ClusterMember {
    /// Every member keeps what it knows fresh, also its own print, which goes with its reports.
    func followLicense() async {
        repeat {
            await askForHardware()
            // The master does it more often.
            guard mastership.snapshot.tenure == nil else { continue }
            do { try await refreshLicense() } catch {
                logger.debug("the license cannot be read", metadata: ["error": "\(error)"])
            }
        } while await Pause.survived(licenseMemory.withLockedValue { $0.ownPrint == nil } ? .seconds(2) : .seconds(30))
    }

    /// What the master writes down for everybody.
    func keepLicense(in epoch: Epoch) async {
        var marked: Instant? = nil
        while await Pause.survived(marked == nil ? .seconds(2) : .seconds(10)) {
            do {
                try await keepPrints(in: epoch)
                let status = try await refreshLicense()
                try await keepClock(status, marked: &marked, in: epoch)
                try await tell(status, in: epoch)
            } catch {
                logger.debug("the license will be looked after again", metadata: ["error": "\(error)"])
            }
        }
    }

    /// The prints stay known while their nodes are silent: a dead node must not make a license one for other machines.
    private func keepPrints(in epoch: Epoch) async throws {
        let stored = licenseMemory.withLockedValue { $0.documents.prints }
        for record in view.withLockedValue({ $0.nodes }) {
            let said = book.withLockedValue { $0.last(of: record.id)?.report.hardware }
            guard let parts = said, stored[record.id]?.parts != parts else { continue }
            try await store.change(
                [.put(HardwarePrint(parts: parts), at: ClusterKeys.hardware(record.id))], by: epoch)
        }
    }

    /// Between two marks of the wall clock.
    private static let markInterval = Span.seconds(600)

    private func keepClock(_ status: LicenseStatus, marked: inout Instant?, in epoch: Epoch) async throws {
        let nodes = view.withLockedValue { $0.nodes }
        guard let first = nodes.map(\.joined).min() else { return }
        let (now, old) = (BootClock.now, licenseMemory.withLockedValue { $0.documents.clock })
        let grows = status.allowsAdditions && nodes.count > (old?.most ?? 0)
        let isDue = marked.map { now - $0 >= Self.markInterval } ?? true
        guard isDue || grows else { return }
        var record = old ?? ClockRecord(founded: first, latest: first, most: nodes.count)
        if isDue {
            record.latest = ClockMark.next(
                after: record.latest, now: .now, elapsed: marked.map { (now - $0).milliseconds })
        }
        if grows { record.most = nodes.count }
        try await store.change([.put(record, at: ClusterKeys.clock)], by: epoch)
        if isDue { marked = now }
    }

    private func tell(_ status: LicenseStatus, in epoch: Epoch) async throws {
        let earlier = licenseMemory.withLockedValue { $0.documents.told }
        guard let told = LicenseTold(status), told != earlier, status.validatorAnswers else { return }
        try await store.change([.put(told, at: ClusterKeys.licenseTold)], by: epoch)
        if earlier == nil, let license = status.license { tellFounding(license) }
        for event in told.events(since: earlier, status) { journal.record(event.kind, event.parameters) }
    }

    /// A license that came with the founding was installed by nobody's request.
    private func tellFounding(_ license: LicenseInfo) {
        guard licenseMemory.withLockedValue({ $0.documents.license?.by }) == StoredLicense.founding else { return }
        journal.record(
            .licenseInstalled,
            [
                "who": StoredLicense.founding, "who.key": "license.founding", "id": license.id,
                "customer": license.customer,
            ])
    }
}
