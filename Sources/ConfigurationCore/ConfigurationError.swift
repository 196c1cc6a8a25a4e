import Primitives

/// Why a configuration was refused: the problem, the field that it concerns, and where in the text it stands.
/// Nothing has been changed when it is thrown.
public struct ConfigurationError: Error, Equatable, Sendable {
    /// A place in the text, both counted from 1; the column counts characters (Unicode scalars).
    public struct Position: Hashable, Sendable {
        public let line: Int
        public let column: Int

        public init(line: Int, column: Int) {
            self.line = line
            self.column = column
        }
    }

    /// What is wrong.
    public let problem: Problem
    /// The field as an operator names it, for example `cluster.vip`; nil when the text is not understood so far.
    public let field: String?
    /// Nil when the value did not come from a text.
    public let position: Position?

    public init(_ problem: Problem, field: String? = nil, position: Position? = nil) {
        self.problem = problem
        self.field = field
        self.position = position
    }
}

extension ConfigurationError: CustomStringConvertible {
    /// One sentence that names place and field, for example
    /// `line 4, column 1: node.adress: unknown key; the nearest known key is 'address'`.
    public var description: String {
        var text = ""
        if let position { text += "line \(position.line), column \(position.column): " }
        if let field { text += "\(field): " }
        return text + problem.sentence
    }
}

extension ConfigurationError {
    /// Each way in which a configuration can be wrong.
    public enum Problem: Hashable, Sendable {
        /// The text is not what the format allows; the sentence says what is expected.
        case syntax(String)
        /// A limit on sizes is passed; the sentence names it.
        case tooLarge(String)
        case duplicateKey(firstLine: Int)
        case duplicateSection(firstLine: Int)
        case unknownKey(nearest: String)
        case unknownSection(nearest: String)
        case keyOutsideSection
        case missingKey
        case missingSection
        case wrongType(expected: String, found: String)
        case badName(String)
        case badInterface(String)
        case badAddress(String)
        case badSubnet(String)
        /// The address cannot belong to one host of the network (network, broadcast, loopback, multicast …).
        case notAHostAddress(Subnet)
        case badPath(String)
        /// The sockets in this directory would have names that the kernel refuses (limit in bytes).
        case pathTooLong(limit: Int)
        case badPort(Int)
        case samePort(Int)
        case noVirtualAddress
        case duplicateVirtualAddress(IPAddress)
        case virtualAddressIsNodeAddress(IPAddress)
        case virtualAddressOutsideSubnet(IPAddress, node: Subnet)
        case virtualPrefixTooShort(Subnet, node: Subnet)
        case virtualAddressIsGateway(IPAddress)
        case gatewayMissing
        case gatewayOutsideSubnet(IPAddress, node: Subnet)
        case gatewayIsNodeAddress(IPAddress)
        case badProfile(String)
        case badRole(String)
        case emptyToken
        case joinsItself(IPAddress)
        case badServer(String)
        case badTimeZone(String)
        case badLanguage(String)
        case tooMany(limit: Int)
        case listedTwice(String)
        case outOfRange(Int, lowest: Int, highest: Int)
        case rackWithoutCluster
        case badUserName(String)
        case badPassword(PasswordRules.Problem)
        case twoPasswords
        case administratorJoins
        case bothFoundAndJoin
        case neitherFoundNorJoin
        case licenseWithoutFounding
        case emptyFileName
        case notHexadecimal(digits: Int)
        case notAPowerOfTwo(Int)
    }
}

extension ConfigurationError.Problem {
    /// The problem in words, without field and place.
    public var sentence: String {
        switch self {
        case .syntax(let text), .tooLarge(let text): text
        case .duplicateKey(let line): "this key was already set in line \(line)"
        case .duplicateSection(let line): "this section already began in line \(line)"
        case .unknownKey(let nearest): "unknown key; the nearest known key is '\(nearest)'"
        case .unknownSection(let nearest): "unknown section; the nearest known section is '[\(nearest)]'"
        case .keyOutsideSection: "this key stands before any section; every key belongs to one, as [node]"
        case .missingKey: "this key is missing"
        case .missingSection: "this section is missing"
        case .wrongType(let expected, let found): "expected \(expected), found \(found)"
        case .badName(let text):
            "'\(text)' is not a name: use 1 to 63 letters, digits and hyphens, without a hyphen at either end"
        case .badInterface(let text):
            "'\(text)' is not an interface name: use 1 to 15 characters without spaces, '/' and ':'"
        case .badPath(let text): "'\(text)' is not an absolute path"
        case .pathTooLong(let limit): "the path is longer than \(limit) bytes, so no socket fits into it"
        case .badPort(let port): "\(port) is not a port number (1 to 65535)"
        case .samePort(let port): "port \(port) is already taken by another key"
        case .badRole(let text): "'\(text)' is not a role: use voter or witness"
        case .emptyToken: "the token is empty; leave the key out to wait for approval on the master"
        case .joinsItself(let address): "\(address) is this node's own address; name the master's address"
        case .bothFoundAndJoin: "the answer has both [cluster] and [join]: found a cluster or join one"
        case .badUserName(let text): "'\(text)' is not a user's name: use 1 to 64 letters, digits, '.', '-', '_' or '@'"
        case .badPassword(let problem): problem.sentence
        case .twoPasswords: "the password is given twice: leave one of 'password' and 'password-file' out"
        case .administratorJoins: "a node that joins brings no administrator: the cluster has its users already"
        case .neitherFoundNorJoin: "the answer has neither [cluster] (to found a cluster) nor [join] (to join one)"
        case .licenseWithoutFounding:
            "a license is given when a cluster is founded; a node that joins has the cluster's"
        case .emptyFileName: "the name of the file is empty"
        case .notHexadecimal(let digits): "this must be \(digits) lower-case hexadecimal digits"
        case .notAPowerOfTwo(let number): "\(number) is not a power of two"
        case .rackWithoutCluster: "[rack] goes with [cluster], not with [join]"
        case .badServer, .badTimeZone, .badLanguage, .tooMany, .listedTwice, .outOfRange: placeSentence
        default: addressSentence
        }
    }

    private var placeSentence: String {
        switch self {
        case .badServer(let text): "'\(text)' is not a server: use host or host:port"
        case .badTimeZone(let text): "'\(text)' is not a time zone, as Europe/Zurich"
        case .badLanguage(let text): "'\(text)' is not a language: use en or zh"
        case .tooMany(let limit): "the list is longer than \(limit)"
        case .listedTwice(let text): "\(text) is listed twice"
        case .outOfRange(let number, let lowest, let highest): "\(number) is not \(lowest) to \(highest)"
        default: preconditionFailure("every other problem has its sentence elsewhere")
        }
    }

    private var addressSentence: String {
        switch self {
        case .badAddress(let text): "'\(text)' is not an IP address"
        case .badSubnet(let text): "'\(text)' is not an address with a prefix length, as 10.77.0.11/24"
        case .notAHostAddress(let subnet):
            "\(subnet) is not the address of one host (network, broadcast, loopback and multicast are not)"
        case .noVirtualAddress: "the list is empty; a cluster needs at least one virtual address"
        case .duplicateVirtualAddress(let address): "\(address) is listed twice"
        case .virtualAddressIsNodeAddress(let address):
            "\(address) is this node's own address; the virtual address must be another one"
        case .virtualAddressOutsideSubnet(let address, let node): "\(address) is outside this node's network \(node)"
        case .virtualPrefixTooShort(let subnet, let node):
            "\(subnet) is wider than this node's network \(node); use the same prefix length"
        case .virtualAddressIsGateway(let address): "\(address) is the gateway's address"
        case .gatewayMissing: "the gateway is missing; a node checks its network by it"
        case .gatewayOutsideSubnet(let address, let node):
            "the gateway \(address) is outside this node's network \(node)"
        case .gatewayIsNodeAddress(let address): "\(address) is this node's own address, not a gateway"
        case .badProfile(let text): "'\(text)' is not a profile: use auto, instant, fast, calm or slow"
        default: preconditionFailure("every other problem has its sentence above")
        }
    }
}

extension PasswordRules.Problem {
    /// A clause after the field's name.
    var sentence: String {
        switch self {
        case .tooShort: "the password must have at least \(PasswordRules.length.lowerBound) characters"
        case .tooLong: "the password must have at most \(PasswordRules.length.upperBound) characters"
        case .isName: "the password must not be the user's name"
        case .tooCommon: "the password is one of those that everybody tries first"
        }
    }
}
