import Glibc

/// The kernel that runs this machine (uname(2)).
package enum Kernel {
    /// `Linux 6.1.0-28-amd64 x86_64`.
    package static var description: String {
        var names = utsname()
        guard uname(&names) == 0 else { return "unknown" }
        return [text(&names.sysname), text(&names.release), text(&names.machine)].joined(separator: " ")
    }

    private static func text<Field>(_ field: inout Field) -> String {
        withUnsafeBytes(of: &field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
