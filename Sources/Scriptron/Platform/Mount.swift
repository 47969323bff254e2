/// A mount, as /proc/self/mountinfo tells it (proc(5)).
struct Mount: Sendable, Hashable {
    /// `major:minor` of the file system.
    var device: String
    /// What of the file system is mounted: `/`, or a directory in it (a bind mount, a subvolume).
    var root: Path
    /// Where.
    var point: Path
    /// `ext4`, `nfs4`, `fuse.sshfs`.
    var type: String
    /// The device file, the server's path, or a mere name.
    var source: String
    /// The file system's own options.
    var options: [String]

    /// The mounts in the order they were made; a later one at the same point covers the earlier.
    static func parse(_ text: [UInt8]) -> [Mount] {
        text.split(separator: UInt8(ascii: "\n")).compactMap { Mount(line: $0) }
    }

    private init?(line: ArraySlice<UInt8>) {
        let fields = line.split(separator: UInt8(ascii: " "))
        // Optional fields stand between the sixth and a lone hyphen.
        guard fields.count >= 10, let hyphen = fields[6...].firstIndex(where: { $0.elementsEqual("-".utf8) }),
            fields.count > hyphen + 3
        else { return nil }
        func text(_ field: ArraySlice<UInt8>) -> String { String(decoding: Self.unescaped(field), as: UTF8.self) }
        device = text(fields[2])
        root = Path(bytes: Self.unescaped(fields[3]))
        point = Path(bytes: Self.unescaped(fields[4]))
        type = text(fields[hyphen + 1])
        source = text(fields[hyphen + 2])
        options = text(fields[hyphen + 3]).split(separator: ",").map(String.init)
    }

    /// The field with its blanks, tabs, line feeds and backslashes, which the kernel writes in octal (`\040`).
    private static func unescaped(_ field: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = field
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3).map { $0 &- UInt8(ascii: "0") }
            if byte == UInt8(ascii: "\\"), digits.count == 3, digits.allSatisfy({ $0 < 8 }), digits[0] < 4 {
                bytes.append(digits[0] << 6 | digits[1] << 3 | digits[2])
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return bytes
    }

    private static let local: Set<String> = [
        "ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "bcachefs", "jfs", "reiserfs", "nilfs2", "ocfs2", "gfs2",
        "vfat", "msdos", "exfat", "ntfs", "ntfs3", "hfsplus", "fuseblk", "ufs", "minix",
    ]
    private static let remote: Set<String> = [
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "glusterfs", "lustre", "9p", "virtiofs", "afs", "beegfs",
    ]
    /// FUSE file systems that hold no data of their own, or a fixed image.
    private static let pseudoFUSE: Set<String> = [
        "fuse.lxcfs", "fuse.gvfsd-fuse", "fuse.portal", "fuse.snapfuse", "fuse.squashfuse", "fuse.archivemount",
    ]

    /// Whether a look at it may wait for another machine or a program.
    var mayHang: Bool { Self.remote.contains(type) || type.hasPrefix("fuse") || type == "autofs" }

    /// Whether it holds data that can fill it: a disk, not a pseudo file system, memory, or a read-only image. An
    /// overlay counts only as the root of a container, for elsewhere its data lie on a disk that counts itself.
    var isDisk: Bool {
        if type == "overlay" || type == "fuse.fuse-overlayfs" { return point == Path("/") }
        return Self.local.contains(type) || Self.remote.contains(type)
            || (type.hasPrefix("fuse.") && !Self.pseudoFUSE.contains(type))
    }

    /// Each real disk once, by its device, in the order of the mount points. Of a disk's mounts the one that shows its
    /// root counts, and the shortest of these.
    static func disks(_ mounts: [Mount]) -> [Mount] {
        var best: [String: Mount] = [:]
        for mount in visible(mounts) where mount.isDisk {
            // Mounts of one share have a device each where their options differ.
            let key = Self.remote.contains(mount.type) ? mount.source : mount.device
            if let known = best[key], known.rank <= mount.rank { continue }
            best[key] = mount
        }
        return best.values.sorted { $0.point < $1.point }
    }

    /// The mount that holds `path`, by the text of both: nothing is touched.
    static func holding(_ path: Path, _ mounts: [Mount]) -> Mount? {
        visible(mounts).filter { path.isInside($0.point) }.max { $0.point.bytes.count < $1.point.bytes.count }
    }

    /// The mounts that no later one covers at the same point.
    private static func visible(_ mounts: [Mount]) -> [Mount] {
        var last: [Path: Int] = [:]
        for (index, mount) in mounts.enumerated() { last[mount.point] = index }
        return mounts.enumerated().filter { last[$1.point] == $0 }.map(\.element)
    }

    private var rank: (Int, Int, Path) { (root == Path("/") ? 0 : 1, point.bytes.count, point) }
}
