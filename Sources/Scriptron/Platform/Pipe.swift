import CLinux

/// The two ends of a pipe (pipe2(2)), close-on-exec.
struct Pipe {
    let read: Descriptor
    let write: Descriptor

    init() throws(SystemError) {
        var ends: [Int32] = [0, 0]
        try checked("pipe2", result: scriptron_pipe(&ends))
        read = Descriptor(owning: ends[0])
        write = Descriptor(owning: ends[1])
    }
}
