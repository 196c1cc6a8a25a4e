import APIProtocol
import Texts

/// A failover as a bar of its phases with a key that gives each one's milliseconds.
enum FailoverPicture {
    static func fields(_ failover: Failover, _ picture: ClusterPicture, _ language: Language) -> Fields {
        let words = Words(language)
        let from = picture.name(of: failover.from) ?? words("status.nobody")
        let to = picture.name(of: failover.to) ?? ""
        let total = Figures.milliseconds(failover.totalMilliseconds)
        return [
            "title": words("console.failoverTitle", ["from": from, "to": to, "time": total]), "from": from, "to": to,
            "iso": failover.at.description, "cause": words("cause.\(failover.cause.rawValue)"),
            "epoch": failover.epoch, "detected": Figures.milliseconds(failover.detectedMilliseconds),
            "decided": Figures.milliseconds(failover.decidedMilliseconds),
            "moved": Figures.milliseconds(failover.vipMovedMilliseconds),
            "ready": Figures.milliseconds(failover.serviceReadyMilliseconds), "total": total,
            "picture": bar(failover, language),
        ]
    }

    private static func bar(_ failover: Failover, _ language: Language) -> String {
        let phases: [(name: String, milliseconds: Double)] = [
            ("detected", failover.detectedMilliseconds), ("decided", failover.decidedMilliseconds),
            ("moved", failover.vipMovedMilliseconds), ("ready", failover.serviceReadyMilliseconds),
        ]
        let total = max(phases.map(\.milliseconds).reduce(0, +), 0.001)
        var (x, bars, key) = (0.0, "", "")
        for (index, phase) in phases.enumerated() {
            let width = phase.milliseconds / total * 1_000
            bars +=
                "<rect class=\"p\(index + 1)\" x=\"\(Int(x))\" y=\"0\" width=\"\(Int(max(width, 3)))\" height=\"20\"/>"
            x += width
            let name = HTML.escaped(Catalogue.template("phaseName.\(phase.name)", language) ?? phase.name)
            key +=
                "<li><svg viewBox=\"0 0 8 8\" aria-hidden=\"true\"><rect class=\"p\(index + 1)\" width=\"8\" height=\"8\"/></svg>"
                + "\(name) \(Figures.milliseconds(phase.milliseconds))</li>"
        }
        return
            "<svg class=\"phases\" viewBox=\"0 0 1000 20\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\(bars)</svg>"
            + "<ul class=\"key\">\(key)</ul>"
    }
}
