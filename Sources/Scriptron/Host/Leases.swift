import Synchronization

/// Which processes run attempts for this host, in a file, so that the next host on the same state directory can kill
/// what a dead one left behind.
///
/// A row is 64 bytes, written in place and without fsync: it matters only within one boot, where the page cache
/// survives the death of the host. A row without a pid is free.
package final class Leases: Sendable {
    /// A process that runs an attempt.
    package struct Lease: Sendable, Hashable {
        package var run: Int64
        package var attempt: Int64
        package var pid: Int32
        /// The process's start time in clock ticks since boot.
        package var started: UInt64
    }

    private static let rowSize = 64

    private let file: WholeFile
    private let boot: String
    private let rows = Mutex<[Lease?]>([])

    /// Opens or creates the file; `boot` is this boot's id.
    package init(path: Path, boot: String) throws(Failure) {
        do throws(SystemError) {
            file = try WholeFile(path: path)
        } catch {
            throw error.failure()
        }
        self.boot = boot
    }

    /// The leases that a dead host left in this boot. They stay in the file until `forgetLeftOver`, so that a host that
    /// is killed while it kills leaves them to the next one.
    package func leftOver() throws(Failure) -> [Lease] {
        do throws(SystemError) {
            let bytes = try file.read()
            return stride(from: 0, to: bytes.count, by: Self.rowSize).compactMap { start in
                decode(bytes[start..<min(start + Self.rowSize, bytes.count)])
            }
        } catch {
            throw error.failure()
        }
    }

    /// Empties the file: nothing runs any more of what it named. To be called before the first `take`.
    package func forgetLeftOver() throws(Failure) {
        do throws(SystemError) {
            try file.truncate()
        } catch {
            throw error.failure()
        }
    }

    /// Notes that a process runs an attempt.
    package func take(_ lease: Lease) {
        let row = rows.withLock { rows in
            let row = rows.firstIndex { $0 == nil } ?? rows.count
            if row == rows.count { rows.append(lease) } else { rows[row] = lease }
            return row
        }
        write(encode(lease), row: row)
    }

    /// Notes that the attempt's process is gone.
    package func release(run: Int64) {
        let row = rows.withLock { rows in
            let row = rows.firstIndex { $0?.run == run }
            if let row { rows[row] = nil }
            return row
        }
        if let row { write([UInt8](repeating: 0x20, count: Self.rowSize), row: row) }
    }

    private func write(_ bytes: [UInt8], row: Int) {
        // A lease that cannot be noted (a full disk) leaves the other two guards: the zygote's end and PDEATHSIG.
        try? file.write(bytes, at: Int64(row * Self.rowSize))
    }

    private func encode(_ lease: Lease) -> [UInt8] {
        let text = "\(lease.pid) \(lease.started) \(lease.run) \(lease.attempt) \(boot.prefix(8))"
        let bytes = Array(text.utf8.prefix(Self.rowSize - 1))
        return bytes + [UInt8](repeating: 0x20, count: Self.rowSize - 1 - bytes.count) + [0x0A]
    }

    private func decode(_ bytes: ArraySlice<UInt8>) -> Lease? {
        let fields = String(decoding: bytes, as: UTF8.self).split { $0 == " " || $0 == "\n" }
        guard fields.count == 5, let pid = Int32(fields[0]), let started = UInt64(fields[1]),
            let run = Int64(fields[2]), let attempt = Int64(fields[3]), fields[4] == boot.prefix(8)
        else { return nil }
        return Lease(run: run, attempt: attempt, pid: pid, started: started)
    }
}

extension Leases.Lease {
    /// Kills the process where it still is the one that was leased.
    func kill() {
        guard let process = try? ProcessHandle(pid: pid), ProcessHandle.startTime(pid: pid) == started else { return }
        process.kill()
    }
}
