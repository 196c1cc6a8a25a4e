import Crypto
import CryptoExtras
import Primitives

/// What is kept of a password: enough to check one, and to make the check dearer later.
public struct PasswordHash: Codable, Equatable, Sendable {
    /// How dear scrypt (RFC 7914) is; memory is `128 * blockSize * cost` bytes.
    public struct Parameters: Codable, Equatable, Sendable {
        /// N, a power of two.
        public var cost: Int
        /// r.
        public var blockSize: Int
        /// p.
        public var parallelism: Int

        public init(cost: Int, blockSize: Int, parallelism: Int) {
            self.cost = cost
            self.blockSize = blockSize
            self.parallelism = parallelism
        }

        /// 32 MiB and, measured, about a tenth of a second (docs/decisions/access.md).
        public static let current = Parameters(cost: 1 << 15, blockSize: 8, parallelism: 1)

        /// What a damaged record could ask of the daemon is bounded: 256 MiB.
        var isAcceptable: Bool {
            (2...(1 << 20)).contains(cost) && cost & (cost - 1) == 0 && (1...32).contains(blockSize)
                && (1...16).contains(parallelism) && 128 * cost * blockSize <= 256 << 20
        }
    }

    public enum Algorithm: String, Codable, Sendable {
        case scrypt
    }

    public static let saltSize = 16
    private static let hashSize = 32

    public var algorithm: Algorithm
    public var parameters: Parameters
    /// Hexadecimal.
    public var salt: String
    /// Hexadecimal.
    public var hash: String

    /// Takes as long as the parameters say: not for a thread that others wait for.
    ///
    /// - Parameter salt: 16 random bytes.
    /// - Throws: what the cryptography throws, for example without memory.
    public init(_ password: String, salt: [UInt8], parameters: Parameters = .current) throws {
        precondition(salt.count == Self.saltSize, "a salt has 16 bytes")
        precondition(parameters.isAcceptable, "scrypt cannot be that dear or cheap")
        algorithm = .scrypt
        self.parameters = parameters
        self.salt = Hexadecimal.text(salt)
        hash = Hexadecimal.text(try Self.derive(Array(password.utf8), salt, parameters, Self.hashSize))
    }

    /// Takes as long for a wrong password as for the right one.
    ///
    /// - Returns: false also for a record that is damaged.
    public func admits(_ password: String) throws -> Bool {
        guard parameters.isAcceptable, let salt = Hexadecimal.bytes(salt, count: Self.saltSize),
            let expected = Hexadecimal.bytes(hash, count: Self.hashSize)
        else { return false }
        return Secret.equal(try Self.derive(Array(password.utf8), salt, parameters, Self.hashSize), expected)
    }

    /// Costs as much as a check and admits nothing: for a name that nobody has.
    public static func decoy(_ parameters: Parameters = .current) -> PasswordHash {
        PasswordHash(parameters: parameters)
    }

    private init(parameters: Parameters) {
        algorithm = .scrypt
        self.parameters = parameters
        salt = String(repeating: "0", count: Self.saltSize * 2)
        // No derived key is known to be all ones; finding a password for it means breaking SHA-256.
        hash = String(repeating: "f", count: Self.hashSize * 2)
    }

    static func derive(
        _ password: [UInt8], _ salt: [UInt8], _ parameters: Parameters, _ size: Int
    ) throws -> [UInt8] {
        let key = try KDF.Scrypt.deriveKey(
            from: password, salt: salt, outputByteCount: size, rounds: parameters.cost,
            blockSize: parameters.blockSize, parallelism: parameters.parallelism)
        return key.withUnsafeBytes { Array($0) }
    }
}

/// Secrets that are long and random are kept as their SHA-256, and compared without telling how much was right.
public enum Secret {
    /// 64 hexadecimal digits.
    public static func hash(_ text: String) -> String { Hexadecimal.text(SHA256.hash(data: Array(text.utf8))) }

    /// Whether the text has that hash.
    public static func matches(_ text: String, _ hash: String) -> Bool {
        equal(Array(Self.hash(text).utf8), Array(hash.utf8))
    }

    /// In a time that depends on the lengths only.
    public static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for (one, other) in zip(left, right) { difference |= one ^ other }
        return difference == 0
    }
}
