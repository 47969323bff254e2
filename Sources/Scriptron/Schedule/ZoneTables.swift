import Synchronization

/// The zone files that were read, for as long as they stay what they were: thousands of jobs name the same few zones,
/// and one table of each is enough for all.
package final class ZoneTables: Sendable {
    /// Those of tzdata.
    static let shared = ZoneTables()

    private struct Entry {
        /// By these an update of tzdata is noticed.
        let id: FileID
        let size: Int64
        let changed: Int64
        let table: ZoneTable
    }

    private let entries = Mutex<[String: Entry]>([:])

    package init() {}

    /// What can go wrong: the file cannot be read, or is none of a zone.
    enum Trouble: Error {
        case unreadable(SystemError)
        case wrong(ZoneTable.FormatError)
    }

    /// The table in a zone's file.
    func table(at path: String) throws(Trouble) -> ZoneTable {
        // Before the file is read: what changes in between is noticed the next time.
        let status = (try? FileStatus.of(Path(path), follow: true)) ?? nil
        if let status, let known = entries.withLock({ $0[path] }), known.id == status.id, known.size == status.size,
            known.changed == status.changed
        {
            return known.table
        }
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try ZoneInfo.file(at: path) } catch { throw .unreadable(error) }
        let table: ZoneTable
        do throws(ZoneTable.FormatError) { table = try ZoneTable(tzif: bytes) } catch { throw .wrong(error) }
        if let status {
            entries.withLock {
                $0[path] = Entry(id: status.id, size: status.size, changed: status.changed, table: table)
            }
        }
        return table
    }
}
