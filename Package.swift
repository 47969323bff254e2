// swift-tools-version: 6.2
// The folders `Sources/Scriptron` (the library) and `Sources/scriptron` (the command line) differ only in
// case: check this repository out on a case-sensitive disk.
import PackageDescription

let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
    name: "scriptron",
    products: [
        .executable(name: "scriptron", targets: ["scriptron"])
    ],
    targets: [
        // Lua 5.4's headers, and the trampoline that keeps longjmp away from Swift frames.
        .target(name: "CLua", linkerSettings: [.linkedLibrary("lua5.4")]),
        // The system calls that Swift cannot reach.
        .target(name: "CLinux", linkerSettings: [.linkedLibrary("m")]),
        .systemLibrary(name: "CSQLite", path: "Sources/CLibraries/CSQLite"),
        .target(name: "CMicroHTTPD", path: "Sources/CLibraries/CMicroHTTPD"),
        .target(name: "CCurl", path: "Sources/CLibraries/CCurl"),
        .target(name: "CPostgres", path: "Sources/CLibraries/CPostgres"),
        .systemLibrary(name: "CSeccomp", path: "Sources/CLibraries/CSeccomp"),
        .systemLibrary(name: "CCrypto", path: "Sources/CLibraries/CCrypto"),
        .systemLibrary(name: "CZstd", path: "Sources/CLibraries/CZstd"),
        .systemLibrary(name: "CZlib", path: "Sources/CLibraries/CZlib"),
        .target(
            name: "Scriptron",
            dependencies: [
                "CLua", "CLinux", "CSQLite", "CMicroHTTPD", "CSeccomp", "CCrypto", "CCurl", "CPostgres", "CZstd",
                "CZlib",
            ],
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "scriptron",
            dependencies: ["Scriptron"],
            // Links to the shipped files: a binary that is installed alone can still make a working directory.
            resources: [.embedInCode("Shipped")],
            swiftSettings: swiftSettings,
            // Whole huge pages of the zygote's text begin where it does.
            linkerSettings: [.unsafeFlags(["-Xlinker", "-z", "-Xlinker", "max-page-size=2097152"])]
        ),
        // What the tests of the sandbox attack it with: a worker's process of one thread, and a granted program.
        .target(
            name: "CAttack", path: "Tests/Support/CAttack", linkerSettings: [.linkedLibrary("seccomp")]),
        .executableTarget(name: "sandbox-attack", dependencies: ["CAttack"], path: "Tests/Support/SandboxAttack"),
        // A disk whose every sync takes its time, for what the store makes of one.
        .target(name: "CSlowDisk", path: "Tests/Support/CSlowDisk", linkerSettings: [.linkedLibrary("sqlite3")]),
        // A file system that does not answer, for what the kernel cannot kill.
        .executableTarget(name: "dead-mount", path: "Tests/Support/DeadMount"),
        // Fire times found by watching a clock, to check Scriptron's against.
        .executableTarget(name: "fire-times", path: "Tests/Support/FireTimes"),
        .executableTarget(
            name: "connect-attack", path: "Tests/Support/ConnectAttack", linkerSettings: [.linkedLibrary("pthread")]),
        .executableTarget(
            name: "sandbox-probe",
            dependencies: ["Scriptron", "CAttack"],
            path: "Tests/Support/SandboxProbe",
            swiftSettings: swiftSettings
        ),
        // The round trip of a run against its peers (`make bench`).
        .executableTarget(
            name: "bench-run", dependencies: ["Scriptron"], path: "Benchmarks/RoundTrip", swiftSettings: swiftSettings),
        .testTarget(
            name: "ScriptronTests",
            dependencies: [
                "Scriptron", "scriptron", "connect-attack", "sandbox-attack", "sandbox-probe", "dead-mount",
                "fire-times", "CSlowDisk",
            ],
            // Read from where they lie.
            exclude: ["Lua/Conformance"],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "ScriptronSoak",
            dependencies: ["Scriptron", "scriptron", "fire-times", "CSlowDisk"],
            // The crash driver and its checker, in Python: they share no code with what they check.
            exclude: ["Alerts", "Crash", "Faults", "Fidelity", "Retry", "Rotate"],
            swiftSettings: swiftSettings
        ),
    ]
)
