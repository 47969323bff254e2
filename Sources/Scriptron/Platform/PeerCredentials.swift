import CLinux
import Glibc

/// Who holds the other end of a Unix socket, as the kernel noted it when it connected (SO_PEERCRED, unix(7)).
package struct PeerCredentials: Sendable, Hashable {
    package var pid: Int32
    package var uid: UInt32
    package var gid: UInt32

    package init(pid: Int32, uid: UInt32, gid: UInt32) {
        self.pid = pid
        self.uid = uid
        self.gid = gid
    }

    /// The peer of a connected Unix socket.
    package init(ofSocket number: Int32) throws(SystemError) {
        var pid: pid_t = 0
        var uid: uid_t = 0
        var gid: gid_t = 0
        try checked("getsockopt", "SO_PEERCRED", result: scriptron_peer_credentials(number, &pid, &uid, &gid))
        self.init(pid: pid, uid: uid, gid: gid)
    }
}
