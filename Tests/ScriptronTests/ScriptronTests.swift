import Testing

@testable import Scriptron

@Suite("Scriptron") struct ScriptronTests {
    @Test("The version is a semantic one") func version() {
        #expect(Scriptron.version.split(separator: ".").count == 3)
    }
}
