#if DEBUG
    import Glibc

    /// What a test asks of the host that it starts, by its environment. No release binary has it.
    package enum TestEnvironment {
        /// The text of a variable; nil: it is not set.
        package static subscript(name: String) -> String? { getenv(name).map { String(cString: $0) } }
    }
#endif
