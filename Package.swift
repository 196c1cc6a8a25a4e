// swift-tools-version: 6.2
import PackageDescription

// The house has six floors and imports only point down (docs/architecture.md):
//   C < primitives < cores < adapters < services < programs.
// Each floor is a list below; a target may name targets of lower floors, or of its own floor further up the list.

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

func swift(
    _ name: String, _ dependencies: [Target.Dependency] = [], path: String? = nil, resources: [Resource]? = nil,
    linker: [LinkerSetting] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: path, resources: resources, swiftSettings: strict,
        linkerSettings: linker)
}

func program(_ name: String, _ dependencies: [Target.Dependency], path: String? = nil) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: path, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asn1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioConcurrencyHelpers = Target.Dependency.product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let nioFoundationCompat = Target.Dependency.product(name: "NIOFoundationCompat", package: "swift-nio")
let hummingbirdTesting = Target.Dependency.product(name: "HummingbirdTesting", package: "hummingbird")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")

// The vendor's public keys of a product: `make build VENDOR_KEYS=FOLDER` gives them, checked (docs/vendor.md).
let vendorKeys = Context.environment["KEELSON_VENDOR_KEYS"] ?? ""

let c: [Target] = [
    .target(name: "CLinux"),
    .systemLibrary(name: "CLibudev", pkgConfig: "libudev", providers: [.apt(["libudev-dev"])]),
    .systemLibrary(name: "CLibmnl", pkgConfig: "libmnl", providers: [.apt(["libmnl-dev"])]),
    .target(name: "CSpawn"),
    .target(name: "CChecksum", linkerSettings: [.linkedLibrary("isal")]),
    .systemLibrary(name: "CLibaio", providers: [.apt(["libaio-dev"])]),
    .target(name: "CVendorKeys", cSettings: [.define("KEELSON_VENDOR_KEYS", to: "\"\(vendorKeys)\"")]),
    .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CLZ4", providers: [.apt(["liblz4-dev"])]),
    .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"])]),
]

let primitives: [Target] = [
    swift("Primitives"),
    swift("Texts"),
    swift("Checksum", ["CChecksum"]),
]

let cores: [Target] = [
    swift("MastershipCore", ["Primitives"]),
    swift("MembershipCore", ["Primitives"]),
    swift("ProfileCore", ["MastershipCore", "Primitives"]),
    swift("JoinCore", ["MembershipCore", "Primitives", crypto]),
    swift("ConfigurationCore", ["Primitives"]),
    swift("SupervisorProtocol"),
    swift("SupervisorCore", ["ConfigurationCore", "MembershipCore", "Primitives", "SupervisorProtocol"]),
    swift("StreamProtocol", ["Checksum", "Primitives", crypto]),
    swift("CaptureProtocol", ["Primitives", "StreamProtocol"]),
    swift("PlacementCore", ["CaptureProtocol", "Primitives", "StreamProtocol"]),
    swift("AlarmCore", ["CaptureProtocol", "Primitives", "StreamProtocol"]),
    swift(
        "APIProtocol",
        ["AlarmCore", "CaptureProtocol", "MembershipCore", "Primitives", "StreamProtocol", "Texts"]),
    swift("AccessCore", ["APIProtocol", "Primitives", crypto, cryptoExtras]),
    swift("LicenseCore", ["APIProtocol", "Primitives", "Texts", crypto]),
    swift("LicenseProtocol", ["APIProtocol", "LicenseCore", "Texts"]),
    swift("SetupCore", ["APIProtocol", "AccessCore", "MembershipCore", "Primitives", "Texts"]),
    swift("ProbeProtocol"),
    swift("MetricsCore", ["Primitives"]),
    swift("BundleCore"),
    swift("NotificationCore", ["APIProtocol", "Primitives", "Texts"]),
    swift("ReplicationCore", ["CaptureProtocol", "Primitives", "StreamProtocol"]),
    swift("JournalCore", ["Checksum", "Primitives", "StreamProtocol"]),
    swift("NBDProtocol"),
    swift("VIPProtocol", ["Primitives"]),
    swift("PacketProtocol", ["Primitives"]),
    swift("VIPCore", ["PacketProtocol", "Primitives", "VIPProtocol"]),
    swift("FirstBootCore", ["PacketProtocol", "Primitives"]),
    swift("TapCore", ["Checksum", "Primitives", "StreamProtocol"]),
]

let adapters: [Target] = [
    swift("Linux", ["CLinux", "Primitives"]),
    // Statically: Debian 13 gave the shared library another name.
    swift("BlockIO", ["CLibaio", "CLinux", "Linux", "Primitives"], linker: [.linkedLibrary(":libaio.a")]),
    swift(
        "NBDServer",
        ["BlockIO", "CLinux", "Linux", "NBDProtocol", "Primitives", nioCore, nioPosix, nioSSL]),
    swift("HostMetrics", ["Linux", "Primitives"]),
    swift("Hardware", ["CLibudev", "LicenseCore", "Linux"]),
    swift("LocalStore", [grdb]),
    swift("Netlink", ["CLibmnl", "CLinux", "Linux", "PacketProtocol", "Primitives"]),
    swift("Identity", ["JoinCore", "Linux", "Primitives", "StreamProtocol", asn1, crypto, nioCore, nioSSL, x509]),
    swift("Etcd", ["Linux", "Primitives", asyncHTTPClient, crypto, nioCore, nioHTTP1, nioPosix, nioSSL]),
    swift("PrometheusMetrics", [metrics]),
    swift("Compression", ["CLZ4", "CZlib", "CZstd"]),
    swift(
        "Delivery",
        [
            "APIProtocol", "NotificationCore", "Primitives", asyncHTTPClient, crypto, nioConcurrencyHelpers, nioCore,
            nioHTTP1, nioPosix, nioSSL,
        ]),
    swift(
        "JournalStore",
        [
            "BlockIO", "CLibaio", "CLinux", "Checksum", "Compression", "JournalCore", "Linux", "Primitives",
            "StreamProtocol",
        ]),
    swift(
        "Simulation",
        [
            "CaptureProtocol", "Checksum", "MastershipCore", "ProfileCore", "Primitives", "ReplicationCore",
            "StreamProtocol", "VIPCore", "VIPProtocol",
        ]),
]

let services: [Target] = [
    swift(
        "VIPService",
        ["ConfigurationCore", "Linux", "Netlink", "PacketProtocol", "Primitives", "VIPCore", "VIPProtocol"]),
    swift("FirstBootService", ["FirstBootCore", "Linux", "Netlink", "Primitives"]),
    swift(
        "LicenseService",
        [
            "APIProtocol", "CVendorKeys", "ConfigurationCore", "Hardware", "LicenseCore", "LicenseProtocol", "Linux",
            "Primitives",
        ]),
    swift(
        "SupervisorService",
        [
            "CSpawn", "ConfigurationCore", "Etcd", "Identity", "Linux", "MembershipCore", "Primitives",
            "SupervisorCore", "SupervisorProtocol", "VIPProtocol", logging,
        ]),
    swift(
        "APIService",
        [
            "APIProtocol", "CaptureProtocol", "Linux", "Primitives", "PrometheusMetrics", "StreamProtocol",
            asyncHTTPClient, httpTypes, hummingbird, hummingbirdCore, hummingbirdTLS, lifecycle, logging, nioCore,
            nioHTTP1, nioSSL,
        ], resources: [.embedInCode("openapi.json")]),
    swift(
        "ClusterService",
        [
            "APIProtocol", "APIService", "AccessCore", "AlarmCore", "BundleCore", "CaptureProtocol", "Compression",
            "ConfigurationCore", "Delivery",
            "Etcd", "HostMetrics", "Identity", "JoinCore", "LicenseCore", "LicenseProtocol", "Linux", "LocalStore",
            "MastershipCore", "MembershipCore", "MetricsCore", "NotificationCore", "Primitives", "ProbeProtocol",
            "PlacementCore", "PrometheusMetrics", "ProfileCore", "SetupCore", "StreamProtocol", "SupervisorProtocol",
            "Texts", "VIPProtocol",
            asyncHTTPClient, crypto, lifecycle, logging, metrics,
            nioConcurrencyHelpers, nioCore, nioFoundationCompat, nioPosix, nioSSL, unixSignals,
        ]),
    swift(
        "ConsoleService",
        [
            "APIProtocol", "AlarmCore", "CaptureProtocol", "ConfigurationCore", "Identity", "Linux", "MembershipCore",
            "Primitives", "StreamProtocol", "Texts",
            asyncHTTPClient, crypto, httpTypes, hummingbird, hummingbirdCore, lifecycle, logging, mustache, nioCore,
            nioHTTP1, nioHTTPTypes, nioPosix, nioSSL, unixSignals,
        ], resources: [.embedInCode("Templates"), .embedInCode("Assets")]),
    swift(
        "CaptureService",
        [
            "BlockIO", "CaptureProtocol", "Compression", "ConfigurationCore", "Identity", "JoinCore", "JournalCore",
            "JournalStore", "Linux", "NBDProtocol", "NBDServer", "Primitives", "ReplicationCore", "StreamProtocol",
            lifecycle, logging, nioCore, nioPosix, nioSSL, nioTLS, unixSignals,
        ]),
    swift(
        "Commands",
        [
            "APIProtocol", "AlarmCore", "CaptureProtocol", "ConfigurationCore", "MembershipCore", "Primitives",
            "StreamProtocol", "Texts", argumentParser, asyncHTTPClient, nioCore, nioFoundationCompat, nioPosix, nioSSL,
        ]),
    swift(
        "SourceService",
        [
            "APIProtocol", "BlockIO", "CaptureProtocol", "Compression", "ConfigurationCore", "Identity", "JoinCore",
            "Linux", "NBDProtocol", "NBDServer", "Primitives", "ReplicationCore", "StreamProtocol", "TapCore",
            asyncHTTPClient, lifecycle, logging, nioCore, nioFoundationCompat, nioHTTP1, nioPosix, nioSSL, nioTLS,
            unixSignals,
        ]),
    swift(
        "Lab",
        [
            "APIProtocol", "BlockIO", "CaptureProtocol", "Checksum", "Identity", "JoinCore", "JournalCore",
            "JournalStore", "Linux", "MembershipCore", "NBDProtocol", "NBDServer", "Primitives", "ProbeProtocol",
            "StreamProtocol", nioCore, nioPosix, nioSSL,
        ],
        path: "bench/Lab"),
]

let programs: [Target] = [
    program("keelson-vipd", ["ConfigurationCore", "Linux", "VIPService"]),
    program("keelson-supervisor", ["ConfigurationCore", "Linux", "SupervisorService", argumentParser, logging]),
    program("keelson-clusterd", ["ClusterService", "ConfigurationCore", argumentParser, logging]),
    program("keelson-licensed", ["ConfigurationCore", "Hardware", "LicenseService", "Linux"]),
    program("keelson-captured", ["CaptureService", "ConfigurationCore", "Linux", argumentParser, logging]),
    program("keelson-consoled", ["ConfigurationCore", "ConsoleService", argumentParser, logging]),
    program("keelson-firstboot", ["FirstBootCore", "FirstBootService", argumentParser]),
    program("keelson", ["Commands"]),
    program("keelson-source", ["ConfigurationCore", "SourceService", argumentParser, logging]),
    program("keelson-vendor", ["APIProtocol", "LicenseCore", "Primitives", argumentParser, crypto]),
    program("simulator", ["Simulation", argumentParser]),
    program("lab", ["Lab", "Primitives", argumentParser], path: "bench/lab"),
]

let testTargets: [Target] = [
    tests("PrimitivesTests", ["Primitives"]),
    tests("ChecksumTests", ["Checksum"]),
    tests("ReplicationCoreTests", ["CaptureProtocol", "Primitives", "ReplicationCore", "StreamProtocol"]),
    tests("StreamProtocolTests", ["Checksum", "Compression", "StreamProtocol"]),
    tests("MastershipCoreTests", ["MastershipCore", "Primitives"]),
    tests("MembershipCoreTests", ["MembershipCore", "Primitives"]),
    tests("ProfileCoreTests", ["MastershipCore", "Primitives", "ProfileCore"]),
    tests("AccessCoreTests", ["APIProtocol", "AccessCore", "Primitives"]),
    tests("LicenseCoreTests", ["APIProtocol", "LicenseCore", "Primitives", "Texts", crypto]),
    tests("HardwareTests", ["Hardware", "LicenseCore", "Linux"]),
    tests(
        "LicenseServiceTests",
        [
            "APIProtocol", "ConfigurationCore", "Hardware", "LicenseCore", "LicenseProtocol", "LicenseService", "Linux",
            "Primitives", crypto,
        ]),
    tests("VendorTests", ["APIProtocol", "LicenseCore", "keelson-vendor", crypto]),
    tests("SetupCoreTests", ["APIProtocol", "AccessCore", "MembershipCore", "Primitives", "SetupCore", "Texts"]),
    tests("ProbeProtocolTests", ["ProbeProtocol"]),
    tests("BundleCoreTests", ["BundleCore"]),
    tests("CompressionTests", ["BundleCore", "Compression"]),
    tests("MetricsCoreTests", ["MetricsCore", "Primitives"]),
    tests("NotificationCoreTests", ["APIProtocol", "NotificationCore", "Primitives", "Texts"]),
    tests(
        "DeliveryTests",
        [
            "APIProtocol", "Delivery", "Identity", "JoinCore", "NotificationCore", "Primitives", crypto,
            nioConcurrencyHelpers, nioCore, nioPosix, nioSSL,
        ]),
    tests("PlacementCoreTests", ["CaptureProtocol", "PlacementCore", "Primitives", "StreamProtocol"]),
    tests("AlarmCoreTests", ["AlarmCore", "CaptureProtocol", "Primitives", "StreamProtocol"]),
    tests("JoinCoreTests", ["JoinCore", "MembershipCore", "Primitives"]),
    tests("ConfigurationCoreTests", ["ConfigurationCore", "Primitives"]),
    tests("SupervisorProtocolTests", ["SupervisorProtocol"]),
    tests(
        "SupervisorCoreTests",
        ["ConfigurationCore", "MembershipCore", "Primitives", "SupervisorCore", "SupervisorProtocol"]),
    tests("HostMetricsTests", ["HostMetrics"]),
    tests("LocalStoreTests", ["LocalStore"]),
    tests(
        "IdentityTests",
        ["Identity", "JoinCore", "Linux", "Primitives", "StreamProtocol", nioCore, nioPosix, nioSSL, nioTLS]),
    tests("SimulationTests", ["Simulation"]),
    tests("FirstBootCoreTests", ["ConfigurationCore", "FirstBootCore", "PacketProtocol", "Primitives"]),
    tests(
        "FirstBootServiceTests",
        ["ConfigurationCore", "FirstBootCore", "FirstBootService", "Lab", "Linux", "Primitives"]),
    tests(
        "LabTests",
        ["APIProtocol", "CaptureProtocol", "Lab", "Linux", "MembershipCore", "Primitives", "StreamProtocol"]),
    tests("TidyTests", []),
    tests(
        "APIServiceTests",
        [
            "APIProtocol", "APIService", "AlarmCore", "CaptureProtocol", "Commands", "Identity", "JoinCore",
            "MembershipCore", "Primitives", "StreamProtocol", "Texts", asyncHTTPClient, httpTypes, hummingbird,
            hummingbirdTesting, logging, nioCore, nioHTTP1, nioPosix, nioSSL,
        ]),
    tests(
        "ConsoleServiceTests",
        [
            "APIProtocol", "AlarmCore", "CaptureProtocol", "ConfigurationCore", "ConsoleService", "Identity",
            "JoinCore",
            "Linux", "MembershipCore", "Primitives", "StreamProtocol", "Texts", asyncHTTPClient, httpTypes, hummingbird,
            hummingbirdTesting, logging, nioCore,
            nioHTTP1, nioPosix, nioSSL,
        ]),
    tests(
        "CaptureServiceTests",
        [
            "CaptureProtocol", "CaptureService", "ConfigurationCore", "Identity", "JoinCore", "JournalStore", "Linux",
            "Primitives", "StreamProtocol", logging, nioCore, nioPosix, nioSSL,
        ]),
    tests(
        "CommandsTests",
        ["APIProtocol", "AlarmCore", "Commands", "MembershipCore", "Primitives", "Texts", asyncHTTPClient]),
    tests("PrometheusMetricsTests", ["PrometheusMetrics", metrics]),
    tests("LinuxTests", ["Linux", "Primitives"]),
    tests("JournalCoreTests", ["Checksum", "JournalCore", "Primitives", "StreamProtocol"]),
    tests(
        "JournalStoreTests",
        ["BlockIO", "Compression", "JournalCore", "JournalStore", "Linux", "Primitives", "StreamProtocol"]),
    tests("BlockIOTests", ["BlockIO", "Linux", "Primitives"]),
    tests("NBDProtocolTests", ["NBDProtocol"]),
    tests(
        "NBDServerTests",
        ["BlockIO", "Identity", "JoinCore", "Linux", "NBDProtocol", "NBDServer", "Primitives", nioPosix, nioSSL]),
    tests(
        "ClusterServiceTests",
        [
            "APIProtocol", "AccessCore", "AlarmCore", "CaptureProtocol", "ClusterService", "ConfigurationCore", "Etcd",
            "Identity", "JoinCore",
            "LicenseCore", "LicenseProtocol", "Linux", "MastershipCore", "MembershipCore", "NotificationCore",
            "PlacementCore", "Primitives", "ProbeProtocol", "ProfileCore", "SetupCore", "StreamProtocol", "Texts",
            "keelson-licensed", crypto, logging,
            nioConcurrencyHelpers, nioCore, nioPosix,
        ]),
    tests("EtcdTests", ["Etcd", "Identity", "JoinCore", "Linux", "Primitives", nioCore, nioPosix, nioSSL]),
    tests("ClusterTests", ["APIProtocol", "CaptureProtocol", "Lab", "MembershipCore", "Primitives"]),
    tests("APIProtocolTests", ["APIProtocol", "MembershipCore", "Primitives", "Texts"]),
    tests("TextsTests", ["Texts"]),
    tests(
        "SourceServiceTests",
        [
            "CaptureProtocol", "Compression", "ConfigurationCore", "Identity", "JoinCore", "Lab", "Linux", "Primitives",
            "SourceService", "StreamProtocol", "keelson-source", logging, nioConcurrencyHelpers, nioCore, nioPosix,
            nioSSL,
        ]),
    tests("TapCoreTests", ["Primitives", "StreamProtocol", "TapCore"]),
    tests("PacketProtocolTests", ["PacketProtocol", "Primitives"]),
    tests("VIPProtocolTests", ["Primitives", "VIPProtocol"]),
    tests("VIPCoreTests", ["PacketProtocol", "Primitives", "VIPCore", "VIPProtocol"]),
    tests("NetlinkTests", ["Linux", "Netlink", "PacketProtocol", "Primitives"]),
    tests(
        "VIPServiceTests",
        ["Linux", "Netlink", "PacketProtocol", "Primitives", "VIPProtocol", "VIPService", "keelson-vipd"]),
    tests(
        "SupervisorServiceTests",
        [
            "ConfigurationCore", "Identity", "JoinCore", "Linux", "MembershipCore", "Primitives", "SupervisorCore",
            "SupervisorProtocol", "SupervisorService", "keelson-supervisor", logging,
        ]),
]

let package = Package(
    name: "keelson",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1.git", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates.git", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: []),
        .package(url: "https://github.com/hummingbird-project/swift-mustache.git", from: "2.1.1"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    ],
    targets: c + primitives + cores + adapters + services + programs + testTargets
)
