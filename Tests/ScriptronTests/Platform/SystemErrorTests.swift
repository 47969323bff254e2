import Glibc
import Testing

@testable import Scriptron

@Suite("Errors of system calls") struct SystemErrorTests {
    @Test("A full disk is cured by room, whatever was tried; else by what the caller knows") func cures() {
        let other = "make the state directory writable"
        for number in [ENOSPC, EDQUOT] {
            let failure = SystemError(number, call: "mkdir", subject: "/v").failure(cure: other)
            #expect(failure.cure == "free space on the disk that holds it")
        }
        #expect(SystemError(EACCES, call: "mkdir", subject: "/v").failure(cure: other).cure == other)
    }
}
