import Testing

@testable import Scriptron

@Suite("Soak") struct Soak {
    @Test("The version is a semantic one") func version() {
        #expect(Scriptron.version.split(separator: ".").count == 3)
    }
}
