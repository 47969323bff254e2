import Glibc

/// A program that another process started for this one: connected by pipes, told of by a status pipe.
package struct ProgramElsewhere {
    /// The writing end of its standard input; nil once it is given to whoever writes.
    package var input: Descriptor?
    /// The reading ends of its standard output and error.
    package let output: Descriptor
    package let errors: Descriptor
    /// Where it is told how it ended.
    package let status: Descriptor
    /// Sends a signal to it and its process group.
    package let signal: (Int32) -> Void

    package init(
        input: Descriptor, output: Descriptor, errors: Descriptor, status: Descriptor,
        signal: @escaping (Int32) -> Void
    ) {
        self.input = input
        self.output = output
        self.errors = errors
        self.status = status
        self.signal = signal
    }
}

/// What is told of a program by its status pipe: three numbers of 32 bits, written in one piece.
package enum ProgramStatus: Sendable, Hashable {
    /// It could not be started: the call that failed, and its errno.
    case failed(Step, errno: Int32)
    case exited(code: Int32)
    case killed(signal: Int32)

    /// The calls that start a program.
    package enum Step: Int32, Sendable {
        /// Confining it.
        case confine
        case chdir
        case execve
    }

    /// How long it is, in bytes: less than a pipe takes in one piece.
    static let length = 12

    package var bytes: [UInt8] {
        let numbers: [Int32] =
            switch self {
            case .failed(let step, let errno): [1, step.rawValue, errno]
            case .exited(let code): [2, code, 0]
            case .killed(let signal): [3, signal, 0]
            }
        return numbers.flatMap { number in withUnsafeBytes(of: number.littleEndian) { Array($0) } }
    }

    init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.length else { return nil }
        let numbers = (0..<3).map { place in
            bytes[place * 4..<place * 4 + 4].reversed().reduce(Int32(0)) { $0 << 8 | Int32($1) }
        }
        switch (numbers[0], Step(rawValue: numbers[1])) {
        case (1, let step?): self = .failed(step, errno: numbers[2])
        case (2, _): self = .exited(code: numbers[1])
        case (3, _): self = .killed(signal: numbers[1])
        default: return nil
        }
    }

    /// How a process ended.
    package init(_ exit: ProcessExit) {
        self = exit.signal.map { .killed(signal: $0) } ?? .exited(code: exit.code ?? -1)
    }
}
