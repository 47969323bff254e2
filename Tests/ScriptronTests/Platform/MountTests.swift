import Testing

@testable import Scriptron

@Suite("Mount") struct MountTests {
    private static func mounts(_ text: String) -> [Mount] { Mount.parse(Array(text.utf8)) }

    private static let server = """
        22 27 0:21 / /proc rw,relatime - proc proc rw,hidepid=2
        23 27 0:22 / /sys rw,relatime - sysfs sysfs rw
        24 27 0:6 / /dev rw,relatime - devtmpfs devtmpfs rw,size=12k
        25 24 0:23 / /dev/shm rw,relatime - tmpfs tmpfs rw
        27 1 254:0 / / rw,relatime shared:1 master:2 - ext4 /dev/vda1 rw,discard
        30 27 254:16 /srv /var/www rw - xfs /dev/vdb rw
        31 27 254:16 / /data rw shared:5 - xfs /dev/vdb rw
        32 27 254:16 / /mnt/data-again rw - xfs /dev/vdb rw
        33 27 7:0 / /snap/core/1 ro - squashfs /dev/loop0 ro
        34 27 11:0 / /media/cdrom ro - iso9660 /dev/sr0 ro
        35 27 0:50 / /mnt/with\\040blank\\134and\\011tab rw - nfs4 files:/export rw,vers=4.2
        36 27 0:51 / /mnt/other rw - nfs4 files:/export ro,vers=4.2
        37 27 0:52 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw,upperdir=/var/lib/docker/overlay2/x
        38 27 0:53 / /home/u/remote rw - fuse.sshfs u@h:/ rw
        39 27 0:54 / /run/user/1000/gvfs rw - fuse.gvfsd-fuse gvfsd-fuse rw
        40 27 0:55 /@ /btrfs rw - btrfs /dev/vdc rw,subvol=/@
        41 27 0:55 /@home /btrfs/home rw - btrfs /dev/vdc rw,subvol=/@home
        42 27 0:56 / /mnt/auto rw - autofs systemd-1 rw

        """

    @Test("Each real disk counts once: no bind mounts, pseudo file systems, images, overlays of containers")
    func disks() {
        let disks = Mount.disks(Self.mounts(Self.server))
        #expect(
            disks.map(\.point.text) == [
                "/", "/btrfs", "/data", "/home/u/remote", "/mnt/other",
            ])
        #expect(disks.map(\.type) == ["ext4", "btrfs", "xfs", "fuse.sshfs", "nfs4"])
    }

    @Test("In a container the overlay at the root is its disk") func container() {
        let mounts = Self.mounts(
            """
            1 0 0:60 / / rw - overlay overlay rw,lowerdir=/l,upperdir=/u
            2 1 0:61 / /proc rw - proc proc rw
            3 1 0:62 / /other rw - overlay overlay rw
            4 1 8:1 /var/lib/docker/containers/c/hosts /etc/hosts rw - ext4 /dev/sda1 rw

            """)
        #expect(Mount.disks(mounts).map(\.point.text) == ["/", "/etc/hosts"])
    }

    @Test("Octal escapes are undone, optional fields passed over") func fields() throws {
        let mount = try #require(Self.mounts(Self.server).first { $0.source == "files:/export" })
        #expect(mount.point == Path("/mnt/with blank\\and\ttab"))
        #expect(mount.device == "0:50" && mount.root == Path("/") && mount.options == ["rw", "vers=4.2"])
        #expect(mount.mayHang)
    }

    @Test(
        "A path belongs to the longest mount that holds it, by names",
        arguments: [
            ("/", "/"), ("/data", "/data"), ("/data/x/y", "/data"), ("/database", "/"),
            ("/btrfs/home/u", "/btrfs/home"),
            ("/mnt/with blank\\and\ttab/z", "/mnt/with blank\\and\ttab"),
        ]
    ) func holding(_ row: (path: String, point: String)) {
        #expect(Mount.holding(Path(row.path), Self.mounts(Self.server))?.point == Path(row.point))
    }

    @Test("A later mount covers an earlier one at the same point") func covered() {
        let mounts = Self.mounts(
            """
            1 0 8:1 / / rw - ext4 /dev/sda1 rw
            2 1 8:2 / /data rw - ext4 /dev/sda2 rw
            3 2 0:9 / /data rw - tmpfs none rw

            """)
        #expect(Mount.disks(mounts).map(\.source) == ["/dev/sda1"])
        #expect(Mount.holding("/data/x", mounts)?.type == "tmpfs")
    }

    @Test(
        "Lines that are none are passed over", arguments: ["", "\n", "1 2 3", "1 0 8:1 / / rw shared:1 ext4 a b c d e"])
    func damaged(_ text: String) { #expect(Self.mounts(text).isEmpty) }
}
