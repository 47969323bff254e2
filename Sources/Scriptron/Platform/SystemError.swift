import CLinux
import Glibc

/// A system call that failed: which, with which errno (errno(3)), on what.
package struct SystemError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The errno, positive.
    package let number: Int32
    /// The call's name (`openat`).
    package let call: String
    /// The path or the thing it was about.
    package let subject: String?

    package init(_ number: Int32, call: String, subject: String? = nil) {
        self.number = number
        self.call = call
        self.subject = subject
    }

    /// The errno of the call that just failed on this thread.
    static func current(_ call: String, _ subject: String? = nil) -> SystemError {
        SystemError(errno, call: call, subject: subject)
    }

    /// The errno's name (`ENOENT`), as failures carry it.
    package var name: String {
        guard let name = scriptron_errno_name(number) else { return "E\(number)" }
        return String(cString: name)
    }

    /// The errno in words: `Permission denied`.
    package var reason: String { String(cString: strerror(number)) }

    /// `openat /etc/shadow: Permission denied (EACCES)`.
    package var description: String {
        call + (subject.map { " " + $0 } ?? "") + ": " + reason + " (\(name))"
    }

    /// The error as a `Failure`, with a cure where one is known; a full disk has its own, whatever was tried.
    package func failure(cure: String? = nil) -> Failure {
        let isFull = number == ENOSPC || number == EDQUOT
        return Failure(code: name, description, cure: isFull ? "free space on the disk that holds it" : cure)
    }
}

/// Calls `body` again while it is interrupted by a signal; throws its errno where it returns a negative number.
@discardableResult
func retrying<Number: SignedInteger>(
    _ call: String, _ subject: @autoclosure () -> String? = nil, _ body: () -> Number
) throws(SystemError) -> Number {
    while true {
        let result = body()
        if result >= 0 { return result }
        let number = errno
        if number != EINTR { throw SystemError(number, call: call, subject: subject()) }
    }
}

/// The result of a `CLinux` function: a number >= 0, or the negative errno, which is thrown.
@discardableResult
func checked<Number: SignedInteger>(
    _ call: String, _ subject: @autoclosure () -> String? = nil, result: Number
) throws(SystemError) -> Number {
    if result >= 0 { return result }
    throw SystemError(Int32(truncatingIfNeeded: -result), call: call, subject: subject())
}

extension Failure {
    /// Any error as a failure.
    package static func wrapping(_ error: any Error) -> Failure {
        if let failure = error as? Failure { return failure }
        if let error = error as? SystemError { return error.failure() }
        return Failure(code: "EFAILED", String(describing: error))
    }
}

extension SystemError {
    /// What this kernel or machine does not have (EOPNOTSUPP).
    package static func notSupported(_ call: String, _ subject: String) -> SystemError {
        SystemError(EOPNOTSUPP, call: call, subject: subject)
    }
}
