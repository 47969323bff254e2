import Glibc

/// The few errnos that folders above this one decide by or answer with (errno(3)).
package enum ErrorNumber {
    package static let notPermitted = EPERM
    package static let accessDenied = EACCES
    package static let noSuchCall = ENOSYS
    package static let notFound = ENOENT
    package static let noProcess = ESRCH
}
