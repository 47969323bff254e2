import CLinux

/// Becoming a program in place, for a freshly forked process of one thread.
package enum ProgramImageStart {
    /// Gives descriptors the numbers from 0 on, and returns these; all but the standard ones are close-on-exec.
    package static func place(_ numbers: [Int32]) throws(SystemError) -> [Int32] {
        try checked("dup3", result: scriptron_place_descriptors(numbers, Int32(numbers.count)))
        return numbers.indices.map { Int32($0) }
    }

    /// Becomes the program, with the descriptors that are open; returns only what failed. `addressSpace` is the most
    /// memory that it may map, in bytes; nil: no limit of its own.
    package static func execute(
        _ path: Path, _ arguments: [[UInt8]], _ environment: [[UInt8]], directory: Path, addressSpace: Int64?
    ) -> ProgramStatus {
        let (arguments, environment) = (CStrings(arguments), CStrings(environment))
        let paths = CStrings([path.bytes, directory.bytes])
        var program = scriptron_program()
        program.path = UnsafePointer(paths.pointers[0])
        program.directory = UnsafePointer(paths.pointers[1])
        program.arguments = UnsafePointer(arguments.pointers)
        program.environment = UnsafePointer(environment.pointers)
        program.address_space = UInt64(clamping: addressSpace ?? 0)
        var step: Int32 = 0
        let result = withExtendedLifetime((arguments, environment, paths)) { scriptron_execute(&program, &step) }
        return .failed(UInt32(step) == SCRIPTRON_SPAWN_DIRECTORY.rawValue ? .chdir : .execve, errno: -result)
    }
}
