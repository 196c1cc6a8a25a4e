import CaptureProtocol
import StreamProtocol

extension Rule {
    /// Of one machine.
    static let mostVolumes = 64
    /// 64 TiB.
    static let largestVolume: UInt64 = 64 << 40

    static func volumes(_ volumes: [MachineVolume], _ field: String) throws(APIError) {
        guard (1...mostVolumes).contains(volumes.count) else {
            throw .invalid(
                field, clause: "count", ["low": "1", "high": "\(mostVolumes)", "value": "\(volumes.count)"])
        }
        for (index, volume) in volumes.enumerated() { try check(volume, "\(field)[\(index)]") }
        guard Set(volumes.map(\.name)).count == volumes.count else { throw .invalid(field, clause: "sameNames") }
    }

    private static func check(_ volume: MachineVolume, _ field: String) throws(APIError) {
        try name(volume.name, "\(field).name")
        let block = volume.blockSize ?? 512
        guard block == 512 || block == 4_096 else {
            throw .invalid("\(field).blockSize", clause: "oneOf", ["names": "512, 4096", "value": "\(block)"])
        }
        guard volume.sizeBytes > 0, volume.sizeBytes.isMultiple(of: UInt64(block)) else {
            throw .invalid(
                "\(field).sizeBytes", clause: "multiple", ["unit": "\(block)", "value": "\(volume.sizeBytes)"])
        }
        guard volume.sizeBytes <= largestVolume else {
            throw .invalid(
                "\(field).sizeBytes", clause: "tooLarge", ["high": "\(largestVolume)", "value": "\(volume.sizeBytes)"])
        }
    }

    static func limits(_ limits: [RateWindow]?, _ field: String) throws(APIError) {
        guard let limits else { return }
        guard limits.count <= 32 else {
            throw .invalid(field, clause: "tooMany", ["limit": "32", "value": "\(limits.count)"])
        }
        for (index, window) in limits.enumerated() {
            try range(window.fromMinute, 0...1_439, "\(field)[\(index)].fromMinute")
            try range(window.toMinute, 0...1_439, "\(field)[\(index)].toMinute")
            for day in window.days { try range(day, 1...7, "\(field)[\(index)].days") }
            guard window.days.count <= 7 else {
                throw .invalid(
                    "\(field)[\(index)].days", clause: "tooMany", ["limit": "7", "value": "\(window.days.count)"])
            }
            guard window.bytesPerSecond >= 1_024 else {
                throw .invalid(
                    "\(field)[\(index)].bytesPerSecond", clause: "atLeast",
                    ["low": "1024", "value": "\(window.bytesPerSecond)"])
            }
        }
    }

    static func policy(
        lagTarget: Int?, retention: Int?, _ limits: [RateWindow]?, _ keep: [KeepRule]?
    ) throws(APIError) {
        try range(lagTarget, 1...86_400, "lagTargetSeconds")
        try range(retention, 60...(366 * 86_400), "retentionSeconds")
        try Rule.limits(limits, "limits")
        try Rule.keep(keep ?? [], "keep")
    }

    private static func keep(_ rules: [KeepRule], _ field: String) throws(APIError) {
        guard rules.count <= 8 else {
            throw .invalid(field, clause: "tooMany", ["limit": "8", "value": "\(rules.count)"])
        }
        for (index, rule) in rules.enumerated() {
            try range(rule.everySeconds, 60...(366 * 86_400), "\(field)[\(index)].everySeconds")
            try range(rule.forSeconds, rule.everySeconds...(3_660 * 86_400), "\(field)[\(index)].forSeconds")
        }
    }

    /// What a node tells of its streams is bounded, whatever its capture daemon says.
    static func streams(_ streams: [StreamStatus]?, _ field: String) throws(APIError) {
        guard let streams else { return }
        guard streams.count <= NodeReport.mostStreams else {
            throw .invalid(
                field, clause: "tooMany", ["limit": "\(NodeReport.mostStreams)", "value": "\(streams.count)"])
        }
        for (index, stream) in streams.enumerated() {
            guard stream.alarms.count <= 16, stream.alarms.allSatisfy({ $0.utf8.count <= 64 }) else {
                throw .invalid("\(field)[\(index)].alarms", clause: "tooMany", ["limit": "16", "value": "?"])
            }
        }
    }
}

extension NodeReport {
    /// Streams of one node that the master hears of.
    public static let mostStreams = 512
}

extension ProtectRequest: Validatable {
    public func validate() throws(APIError) {
        try Rule.name(name, "name")
        try Rule.volumes(volumes, "volumes")
        try Rule.policy(lagTarget: lagTargetSeconds, retention: retentionSeconds, limits, keep)
    }
}

extension MachineChange: Validatable {
    public func validate() throws(APIError) {
        if let volumes { try Rule.volumes(volumes, "volumes") }
        try Rule.policy(lagTarget: lagTargetSeconds, retention: retentionSeconds, limits, keep)
        let isChange =
            level != nil || lagTargetSeconds != nil || retentionSeconds != nil || hold != nil || limits != nil
            || keep != nil || volumes != nil
        guard isChange else { throw APIError(.missingField, field: "level") }
    }
}

extension BookmarkRequest: Validatable {
    public func validate() throws(APIError) { try Rule.text(text, 1...200, "text") }
}

extension ReleaseRequest: Validatable {
    public func validate() throws(APIError) {}
}

extension ExportRequest: Validatable {
    public func validate() throws(APIError) {
        guard (generation == nil) == (sequence == nil) else {
            throw APIError(.missingField, field: generation == nil ? "generation" : "sequence")
        }
        let choices = [(at != nil, "at"), (bookmark != nil, "bookmark"), (generation != nil, "generation")]
            .filter(\.0)
        if choices.count > 1 { throw .invalid(choices[1].1, clause: "notWith", ["other": choices[0].1]) }
        if let bookmark { try Rule.text(bookmark, 1...200, "bookmark") }
    }
}

extension UnprotectRequest: Validatable {
    public func validate() throws(APIError) {}
}

extension EnrolmentRequest: Validatable {
    public func validate() throws(APIError) {
        try Rule.text(token, 1...256, "token")
        try Rule.pem(csr, "csr")
    }
}

extension CaptureRequest: Validatable {
    /// Members say only what this program says.
    public func validate() throws(APIError) {}
}
