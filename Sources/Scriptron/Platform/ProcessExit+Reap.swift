import CLinux
import Glibc

extension ProcessExit {
    /// Waits for any child, or `pid`; without waiting unless `wait`.
    package static func reap(pid: Int32 = 0, wait: Bool) -> Reaped {
        var result = scriptron_exit()
        let found = scriptron_reap(pid, wait ? 1 : 0, &result)
        if found == 0 { return .none }
        if found < 0 { return .noChild }
        return .exit(ProcessExit(result))
    }

    /// How the child `pid` ended, without waiting for it; nil: it runs, or is none.
    package static func peek(pid: Int32) -> ProcessExit? {
        var result = scriptron_exit()
        return scriptron_peek(pid, &result) == 1 ? ProcessExit(result) : nil
    }

    private init(_ result: scriptron_exit) {
        self.init(
            pid: result.pid, code: result.exited == 1 ? result.code : nil,
            signal: result.exited == 1 ? nil : result.code,
            cpuSeconds: Double(result.cpu_microseconds) / 1_000_000, maxRSSBytes: result.max_rss_bytes)
    }

    /// Kills a child of ours and waits for it.
    package static func killAndReap(_ pid: Int32) {
        Glibc.kill(pid, SIGKILL)
        _ = reap(pid: pid, wait: true)
        Spawn.forget(pid)
    }

    /// Waits for a child of ours; kills it after `seconds`.
    package static func reapWithin(_ pid: Int32, seconds: Double) {
        _ = try? ProcessHandle(pid: pid).waitForEnd(seconds: seconds)
        killAndReap(pid)
    }

    /// The signal's name (`SIGKILL`).
    package static func signalName(_ number: Int32) -> String {
        guard let name = scriptron_signal_name(number) else { return "signal \(number)" }
        return "SIG" + String(cString: name)
    }
}
