import Glibc

/// The few errnos that folders above this one decide by or answer with (errno(3)).
package enum ErrorNumber {
    package static let notPermitted = EPERM
    package static let accessDenied = EACCES
    package static let noSuchCall = ENOSYS
    package static let notFound = ENOENT
    package static let exists = EEXIST
    package static let noProcess = ESRCH
    package static let notDirectory = ENOTDIR
    package static let otherFileSystem = EXDEV
    package static let noSpace = ENOSPC
    package static let nameTooLong = ENAMETOOLONG
    package static let readOnly = EROFS
    package static let invalid = EINVAL
    package static let notSupported = EOPNOTSUPP
    package static let again = EAGAIN
    package static let canceled = ECANCELED
    package static let tooManyLinks = ELOOP
    package static let tooLong = EMSGSIZE
    package static let wrongFamily = EAFNOSUPPORT
    package static let noBuffers = ENOBUFS
    package static let inProgress = EINPROGRESS
    package static let already = EALREADY
    package static let isConnected = EISCONN
}
