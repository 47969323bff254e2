import CLinux
import Glibc

/// Another process's socket, held here too: what is done to one is done to the other. Nothing here waits.
package final class BrokeredSocket: Sendable {
    /// The families and types that a broker tells apart.
    package enum Kind: Sendable, Hashable {
        /// TCP over IPv4 or IPv6.
        case tcp
        /// UDP over IPv4 or IPv6.
        case udp
        /// A stream of Unix sockets.
        case unixStream
        case other
    }

    package let descriptor: Descriptor
    package let kind: Kind
    /// Whether its calls wait.
    package let waits: Bool
    /// Seconds after which a waiting call gives up; nil: never.
    package let patience: Double?
    /// The same number is the same socket.
    package let inode: UInt64

    /// Takes over a descriptor; ENOTSOCK where it is no socket.
    init(owning number: Int32) throws(SystemError) {
        descriptor = Descriptor(owning: number)
        var raw = scriptron_socket_kind()
        try checked("getsockopt", result: scriptron_socket_kind_of(number, &raw))
        let isInternet = raw.family == AF_INET || raw.family == AF_INET6
        switch (raw.type, raw.protocol) {
        case (Int32(SOCK_STREAM.rawValue), Int32(IPPROTO_TCP)) where isInternet: kind = .tcp
        case (Int32(SOCK_DGRAM.rawValue), Int32(IPPROTO_UDP)) where isInternet: kind = .udp
        case (Int32(SOCK_STREAM.rawValue), _) where raw.family == AF_UNIX: kind = .unixStream
        default: kind = .other
        }
        waits = raw.waits == 1
        patience = raw.patience > 0 ? Double(raw.patience) / 1_000_000 : nil
        inode = raw.inode
    }

    /// connect(2) to the address that these bytes are: the errno, 0 where it is connected.
    package func connect(_ address: [UInt8]) -> Int32 {
        -scriptron_connect_now(descriptor.number, address, address.count)
    }

    /// Connects to the Unix socket that is at a path through no link, as another user where one is named: the errno.
    package func connect(
        to path: Path, as peer: (uid: UInt32, gid: UInt32, groups: [UInt32])?
    ) -> Int32 {
        path.withCString { name in
            guard let peer else { return -scriptron_connect_path_now(descriptor.number, name, nil) }
            return peer.groups.withUnsafeBufferPointer { groups in
                var raw = scriptron_peer(
                    uid: peer.uid, gid: peer.gid, groups: groups.baseAddress, group_count: groups.count)
                return -scriptron_connect_path_now(descriptor.number, name, &raw)
            }
        }
    }

    /// Sends bytes, to the peer or to the address that the others are, without waiting and without a signal: how many
    /// were sent, or the negative errno. Of the flags of send(2) those that concern the bytes are kept.
    package func send(_ bytes: ArraySlice<UInt8>, flags: Int32, to address: [UInt8]? = nil) -> Int {
        let kept = flags & Int32(MSG_OOB | MSG_EOR | MSG_MORE)
        let all = kept | Int32(MSG_NOSIGNAL | MSG_DONTWAIT)
        return bytes.withUnsafeBytes { bytes in
            scriptron_send_now(descriptor.number, bytes.baseAddress, bytes.count, all, address, address?.count ?? 0)
        }
    }

    /// Whether these flags of send(2) say that the call does not wait.
    package static func doesNotWait(_ flags: Int32) -> Bool { flags & Int32(MSG_DONTWAIT) != 0 }

    /// Ends what goes on at it, so that whoever waits for it does no longer.
    package func shutDown() { shutdown(descriptor.number, Int32(SHUT_RDWR)) }
}
