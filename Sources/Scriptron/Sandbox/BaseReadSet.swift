/// What may be read without a need: the files of the system that any worker or program uses, none of them secret.
/// They are the kernel's bound alone; a script's own calls are checked against its needs.
enum BaseReadSet {
    /// For every worker: zones, and devices that hold nothing.
    static let worker: [Path] = ["/usr/share/zoneinfo", "/etc/localtime", "/dev/zero", "/dev/urandom", "/dev/null"]

    /// For a worker or program that connects: names, services, certificates.
    static let network: [Path] = [
        "/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/gai.conf", "/etc/nsswitch.conf", "/etc/services",
        "/etc/protocols", "/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/pki/tls/certs", "/usr/share/ca-certificates",
        "/usr/local/share/ca-certificates",
    ]

    /// For programs: what they are loaded from, who users are, languages.
    static let programs: [Path] = [
        "/lib", "/lib32", "/lib64", "/libx32", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libx32", "/usr/libexec",
        "/usr/local/lib", "/usr/share", "/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/ld.so.conf",
        "/etc/ld.so.conf.d", "/etc/nsswitch.conf", "/etc/passwd", "/etc/group", "/etc/alternatives",
        "/etc/locale.alias",
        "/etc/locale.conf", "/etc/default/locale", "/etc/inputrc", "/etc/terminfo", "/etc/magic", "/etc/mime.types",
        "/etc/timezone", "/etc/debian_version", "/etc/os-release",
    ]

    /// Devices that may be written too.
    static let writable: [Path] = ["/dev/null"]

    /// Devices that stay usable where the mounts forbid all others.
    static let devices: [Path] = ["/dev/null", "/dev/zero", "/dev/urandom"]

    /// Every path of the sets.
    static let all = worker + network + programs

    /// What a grant's worker and programs may read.
    static func paths(for grant: Grant) -> [Path] {
        worker + (grant.connects ? network : []) + (grant.programs.isEmpty ? [] : programs)
    }
}
