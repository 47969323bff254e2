/// What the host says of itself, on its standard error: a line each, as a service manager's journal takes it.
package enum HostSpeech {
    /// Says a line.
    package static func say(_ text: String) {
        StandardStream.error("scriptron: " + text.replacing("\n", with: "\n  ") + "\n")
    }
}
