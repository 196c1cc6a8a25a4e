import APIProtocol

/// What the vendor has signed: who may use how much of what, until when and on which machines.
public struct License: Codable, Equatable, Sendable {
    public typealias Kind = LicenseKind
    public typealias Limits = LicenseLimits

    /// The vendor's number of this license.
    public var id: String
    public var customer: String
    public var kind: Kind
    public var issued: Timestamp
    public var validFrom: Timestamp
    /// nil for a perpetual license.
    public var expires: Timestamp?
    /// Days after `expires` in which everything goes on as before.
    public var graceDays: Int
    public var limits: Limits
    public var features: [String]
    /// The machines it is for; empty: any.
    public var binding: [HardwarePrint]

    public static let usualGraceDays = 30

    public init(
        id: String, customer: String, kind: Kind, issued: Timestamp, validFrom: Timestamp, expires: Timestamp?,
        graceDays: Int = usualGraceDays, limits: Limits = Limits(), features: [String] = [],
        binding: [HardwarePrint] = []
    ) {
        self.id = id
        self.customer = customer
        self.kind = kind
        self.issued = issued
        self.validFrom = validFrom
        self.expires = expires
        self.graceDays = graceDays
        self.limits = limits
        self.features = features
        self.binding = binding
    }
}

extension License {
    /// What no license may say, whoever signed it; checked by who issues and by who reads.
    ///
    /// - Throws: `LicenseProblem.badField` with the field and what is wrong.
    public func validate() throws(LicenseProblem) {
        try Self.checkText(id, "id")
        try Self.checkText(customer, "customer")
        for feature in features { try Self.checkText(feature, "features") }
        guard (0...3_650).contains(graceDays) else { throw .badField("graceDays", .range(0, 3_650)) }
        for (field, limit) in [("nodes", limits.nodes), ("hosts", limits.hosts), ("tebibytes", limits.tebibytes)] {
            guard limit.map({ (1...1_000_000).contains($0) }) ?? true else {
                throw .badField("limits.\(field)", .range(1, 1_000_000))
            }
        }
        guard (expires == nil) == (kind == .perpetual) else {
            throw .badField("expires", .unlessPerpetual)
        }
        if let expires, expires <= validFrom { throw .badField("expires", .notLater) }
        guard binding.count <= Self.mostMachines else {
            throw .badField("binding", .tooManyMachines(Self.mostMachines))
        }
        for print in binding { try print.validate() }
    }

    private static func checkText(_ text: String, _ field: String) throws(LicenseProblem) {
        guard (1...200).contains(text.utf8.count),
            text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
        else { throw .badField(field, .text(200)) }
    }

    /// Machines that a license can name.
    public static let mostMachines = 500

    /// Without the machines.
    public var info: LicenseInfo {
        LicenseInfo(
            id: id, customer: customer, kind: kind, issued: issued, validFrom: validFrom, expires: expires,
            graceDays: graceDays, limits: limits, features: features, boundNodes: binding.count)
    }
}
