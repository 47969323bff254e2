import Glibc

/// Whether something answers at an address.
package enum ConnectProbe {
    /// Connects to a numeric address by TCP and closes at once: the seconds it took. ETIMEDOUT where nothing came until
    /// the instant, on the monotonic clock.
    package static func connect(_ address: String, port: UInt16, until deadline: Double) throws(SystemError) -> Double {
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let subject = address + " port \(port)"
        guard getaddrinfo(address, String(port), &hints, &found) == 0, let info = found?.pointee else {
            throw SystemError(EINVAL, call: "connect", subject: subject)
        }
        defer { freeaddrinfo(found) }
        let started = Monotonic.now
        let number = try retrying("socket", subject) {
            socket(info.ai_family, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        }
        let probe = Descriptor(owning: number)
        if Glibc.connect(probe.number, info.ai_addr, info.ai_addrlen) == 0 { return Monotonic.now - started }
        if errno != EINPROGRESS { throw SystemError(errno, call: "connect", subject: subject) }
        while true {
            let left = deadline - Monotonic.now
            if left <= 0 { throw SystemError(ETIMEDOUT, call: "connect", subject: subject) }
            var polled = pollfd(fd: probe.number, events: Int16(POLLOUT), revents: 0)
            let ready = try retrying("poll", subject) { poll(&polled, 1, Int32(min(left, 1000) * 1000) + 1) }
            if ready > 0 { break }
        }
        var problem: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        try retrying("getsockopt", subject) { getsockopt(probe.number, SOL_SOCKET, SO_ERROR, &problem, &length) }
        if problem != 0 { throw SystemError(problem, call: "connect", subject: subject) }
        return Monotonic.now - started
    }
}

extension SystemError {
    /// A name that has no address.
    package static let noAddress = SystemError(EADDRNOTAVAIL, call: "connect")
}
