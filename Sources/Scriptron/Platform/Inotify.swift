import Glibc

/// Tells of changes in directories (inotify(7)).
package struct Inotify: Sendable {
    /// What is told, and what happened.
    package struct Mask: OptionSet, Sendable, Hashable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }

        package static let modified = Mask(rawValue: UInt32(IN_MODIFY))
        package static let attributes = Mask(rawValue: UInt32(IN_ATTRIB))
        package static let closedAfterWrite = Mask(rawValue: UInt32(IN_CLOSE_WRITE))
        package static let created = Mask(rawValue: UInt32(IN_CREATE))
        package static let removed = Mask(rawValue: UInt32(IN_DELETE))
        package static let movedFrom = Mask(rawValue: UInt32(IN_MOVED_FROM))
        package static let movedTo = Mask(rawValue: UInt32(IN_MOVED_TO))
        /// The watched file itself was removed, or moved.
        package static let selfRemoved = Mask(rawValue: UInt32(IN_DELETE_SELF))
        package static let selfMoved = Mask(rawValue: UInt32(IN_MOVE_SELF))
        /// Told unasked: the file system went away, the watch is over, events were lost.
        package static let unmounted = Mask(rawValue: UInt32(IN_UNMOUNT))
        package static let ended = Mask(rawValue: UInt32(IN_IGNORED))
        package static let overflow = Mask(rawValue: UInt32(IN_Q_OVERFLOW))

        /// Whatever changes the names of a directory, its files' content or itself.
        package static let everyChange: Mask = [
            .modified, .attributes, .closedAfterWrite, .created, .removed, .movedFrom, .movedTo, .selfRemoved,
            .selfMoved,
        ]
    }

    /// Something that happened.
    package struct Event: Sendable, Hashable {
        /// The watch's number; -1 for an overflow.
        package var watch: Int32
        package var mask: Mask
        /// The name in the watched directory; empty where the directory itself is meant.
        package var name: [UInt8]
    }

    /// Readable when `read` has something to tell.
    package let descriptor: Descriptor

    package init() throws(SystemError) {
        descriptor = Descriptor(
            owning: try retrying("inotify_init1") { inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC)) })
    }

    /// Watches a directory, links followed, and returns the watch's number; a directory that is watched already keeps
    /// its number.
    package func watch(directory path: Path, for mask: Mask = .everyChange) throws(SystemError) -> Int32 {
        try path.withCString { name throws(SystemError) in
            try retrying("inotify_add_watch", path.text) {
                inotify_add_watch(descriptor.number, name, mask.rawValue | UInt32(IN_ONLYDIR))
            }
        }
    }

    /// Ends a watch; one that is over already is fine.
    package func unwatch(_ watch: Int32) { _ = inotify_rm_watch(descriptor.number, watch) }

    /// All that happened since the last call; empty where nothing did. Never blocks.
    package func read() throws(SystemError) -> [Event] {
        var events: [Event] = []
        while true {
            let bytes: [UInt8]
            do throws(SystemError) {
                bytes = try descriptor.read(16 << 10)
            } catch {
                if error.number == EAGAIN { return events }
                throw error
            }
            if bytes.isEmpty { return events }
            events += Self.parse(bytes)
        }
    }

    /// Records of struct inotify_event: watch 4, mask 4, cookie 4, the name's length 4, the name filled up with NULs.
    private static func parse(_ bytes: [UInt8]) -> [Event] {
        var events: [Event] = []
        bytes.withUnsafeBytes { buffer in
            var position = 0
            while position + 16 <= buffer.count {
                let length = Int(buffer.loadUnaligned(fromByteOffset: position + 12, as: UInt32.self))
                let end = min(position + 16 + length, buffer.count)
                events.append(
                    Event(
                        watch: buffer.loadUnaligned(fromByteOffset: position, as: Int32.self),
                        mask: Mask(rawValue: buffer.loadUnaligned(fromByteOffset: position + 4, as: UInt32.self)),
                        name: Array(buffer[position + 16..<end].prefix { $0 != 0 })))
                position = end
            }
        }
        return events
    }
}
