import CLinux

/// Memory that is kept for later, after much of it was in use at once.
package enum UnusedMemory {
    /// Has the allocator keep little of it: all threads share one heap, or what is kept for long would lie scattered in
    /// several, and large pieces are apart from it. To be called before there are threads.
    package static func keepLittle() { scriptron_keep_little_memory() }

    /// Gives it back to the kernel: what the allocator keeps (malloc_trim(3)), and the program's text, of which a load
    /// needs most and a host that waits little. It takes some milliseconds where there is much.
    package static func giveBack() {
        scriptron_give_back_memory()
        scriptron_give_back_text()
    }
}
