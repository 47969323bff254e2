import Glibc
import Testing

@testable import Scriptron

/// `openssl s_server` with a certificate of its own for `localhost`, good for so many days from now (of the past where
/// negative), at an address of the loopback. With `authorityDays` it is signed by an authority that ends then, whose
/// certificate, `ca.pem`, it shows too; else by itself.
final class TLSTestServer {
    let port: UInt16
    let directory: TemporaryDirectory
    private let process: ProcessHandle

    init(days: Int = 30, address: String = "127.0.0.1", port wanted: UInt16 = 0, authorityDays: Int? = nil) async throws
    {
        directory = try TemporaryDirectory()
        let at = directory.path.text
        let authority = authorityDays.map {
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days \($0) -subj /CN=authority "
                + "-keyout ca.key -out ca.pem &&"
        }
        let signer = authority == nil ? "-selfsign -keyfile key.pem" : "-cert ca.pem -keyfile ca.key"
        let shown = authority == nil ? "" : "-cert_chain ca.pem"
        // openssl req makes none that has ended: it is signed by an authority of its own key.
        let script = """
            cd \(at) && openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem \
                -out csr.pem -subj /CN=localhost && touch index && echo 01 >serial && printf '%s\\n' \
                '[ca]' default_ca=c '[c]' database=index serial=serial new_certs_dir=. default_md=sha256 policy=p \
                x509_extensions=e '[p]' commonName=supplied '[e]' subjectAltName=DNS:localhost >ca.cnf &&
            \(authority ?? "") openssl ca -batch -config ca.cnf \(signer) -in csr.pem -out cert.pem -notext \
                -startdate $(date -u -d '-10 days' +%Y%m%d%H%M%SZ) -enddate $(date -u -d '\(days) days' +%Y%m%d%H%M%SZ)
            """
        _ = try RanProgram.run("/bin/sh", ["-c", script])
        let ran = try RanProgram.run(
            "/bin/sh",
            [
                "-c",
                "cd \(at) && openssl s_server -accept \(address):\(wanted) -key key.pem -cert cert.pem \(shown) -www "
                    + "</dev/null >log 2>&1 & echo $!",
            ])
        process = try ProcessHandle(pid: try #require(ran.lines.first.flatMap { Int32($0) }))
        let until = Monotonic.now + 60
        while Monotonic.now < until {
            // It says on which port it listens: "ACCEPT 127.0.0.1:39737".
            let log = (try? Files.readSmall(directory.path.appending("log"))) ?? []
            let line = String(decoding: log, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("ACCEPT") }
            if wanted != 0, line != nil {
                port = wanted
                return
            }
            if let port = line?.split(separator: ":").last.flatMap({ UInt16($0) }) {
                self.port = port
                return
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        process.kill()
        throw Failure(code: "ETEST", "openssl does not answer")
    }

    deinit { process.kill() }
}
