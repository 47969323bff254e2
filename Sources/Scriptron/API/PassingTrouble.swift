/// What the references of HTTP and S3 say to try again: it may pass by itself.
enum PassingTrouble {
    static func isOne(code: String) -> Bool {
        [
            "ERESOLVE", "ECONNECT", "ECONNREFUSED", "ECONNRESET", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT",
            "ETRANSFER",
            "ETRUNCATED",
        ].contains(code)
    }

    static func isOne(status: Int) -> Bool { [429, 500, 502, 503, 504].contains(status) }
}
