/// Where the host takes secrets from, read afresh each time: a directory of files beside the configuration, the
/// credentials that systemd gave the host, the host's environment.
package struct SecretSource: Sendable {
    /// The largest secret, in bytes.
    private static let most = 64 << 10

    /// A file a secret, in this order.
    private let directories: [Path]

    package init(_ configuration: Configuration) {
        let credentials = ProcessEnvironment.variable("CREDENTIALS_DIRECTORY").map { Path($0) }
        directories = [configuration.secretsDirectory] + [credentials].compactMap { $0 }
    }

    /// A secret's text, without the line feed at its end. Fails (`ESECRET`) where it is nowhere, empty or too large, and
    /// where others than root and the host's user could read or change it.
    package func read(_ name: String) throws(Failure) -> [UInt8] {
        for directory in directories {
            let file = directory.appending(name)
            let status: FileStatus?
            do throws(SystemError) {
                status = try FileStatus.of(file, follow: true)
            } catch {
                if error.number == ErrorNumber.notFound { continue }
                throw failure(name, error.description)
            }
            guard let status else { continue }
            return try content(of: file, status, name)
        }
        if let text = ProcessEnvironment.variable(name), !text.isEmpty { return try checked(Array(text.utf8), name) }
        throw failure(
            name, "it is not there",
            cure: "put it into \(directories[0].appending(name).text) (chmod 600), or into the host's environment")
    }

    /// The same for a run: only what its grant names.
    package func read(_ name: String, for grant: Grant) -> Result<[UInt8], Failure> {
        guard grant.secrets.contains(name) else {
            return .failure(
                Failure(
                    code: "EGRANT", "the run may not have secret:\(name)",
                    cure: "add it to the job's needs: secrets = { \"\(name)\" }"))
        }
        return Result { () throws(Failure) in try read(name) }
    }

    private func content(of file: Path, _ status: FileStatus, _ name: String) throws(Failure) -> [UInt8] {
        try SourceOwnership.check(file)
        guard status.kind == .file else { throw failure(name, "\(file.text) is no file") }
        // systemd's are read-only and its own; a group may never read one.
        if status.mode & 0o077 != 0 {
            throw failure(name, "\(file.text) can be read by others", cure: "chmod 600 \(file.text)")
        }
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.readSmall(file, max: Self.most)
        } catch {
            throw failure(name, error.description)
        }
        return try checked(bytes, name)
    }

    private func checked(_ bytes: [UInt8], _ name: String) throws(Failure) -> [UInt8] {
        var bytes = bytes[...]
        if bytes.last == UInt8(ascii: "\n") { bytes = bytes.dropLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes = bytes.dropLast() }
        if bytes.isEmpty || bytes.count > Self.most { throw failure(name, "it is empty, or larger than 64 KiB") }
        return Array(bytes)
    }

    private func failure(_ name: String, _ why: String, cure: String? = nil) -> Failure {
        Failure(code: "ESECRET", "secret:\(name) cannot be had: \(why)", cure: cure)
    }
}
