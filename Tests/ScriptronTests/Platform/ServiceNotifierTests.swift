import Glibc
import Testing

@testable import Scriptron

@Suite("The service manager") struct ServiceNotifierTests {
    /// A socket in the place of the service manager's.
    private struct Manager {
        let descriptor: Descriptor

        init(at path: Path) throws {
            descriptor = Descriptor(
                owning: socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0))
            let number = descriptor.number
            try UnixAddress(path).withSocketAddress { pointer, length throws(SystemError) in
                try retrying("bind") { bind(number, pointer, length) }
            }
        }

        func message() -> String? {
            (try? descriptor.read(4096)).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    @Test("It hears that the host is up, alive, how it does, and that it stops") func messages() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path.appending("notify")
        let manager = try Manager(at: path)
        let notifier = try #require(ServiceNotifier(path: path, watchdogMicroseconds: 30_000_000))
        #expect(notifier.watchdogInterval == 15)
        notifier.ready()
        notifier.alive()
        notifier.status("two\nlines")
        notifier.stopping()
        #expect(manager.message() == "READY=1")
        #expect(manager.message() == "WATCHDOG=1")
        #expect(manager.message() == "STATUS=two lines")
        #expect(manager.message() == "STOPPING=1")
        #expect(manager.message() == nil)
    }

    @Test("Its name may be abstract") func abstract() throws {
        let path = Path("@scriptron-test-\(getpid())")
        let manager = try Manager(at: path)
        try #require(ServiceNotifier(path: path)).ready()
        #expect(manager.message() == "READY=1")
    }

    @Test("Without it, and with one that is gone, nothing happens") func nobody() throws {
        #expect(ServiceNotifier.ofEnvironment() == nil)
        try #require(ServiceNotifier(path: "/nonexistent/notify")).ready()
    }
}
