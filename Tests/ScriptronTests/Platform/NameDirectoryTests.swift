import Testing

@testable import Scriptron

@Suite("The addresses of names")
struct NameDirectoryTests {
    @Test("A name that is slow is waited for as long as the caller has, and looked up once for all") func slow() throws
    {
        let (started, go) = (Semaphore(), Semaphore())
        let count = Shared(0)
        let names = NameDirectory(
            life: 60,
            lookUp: { (_) throws(Failure) -> NameDirectory.Answer in
                count.value.withLock { $0 += 1 }
                started.signal()
                go.wait()
                return NameDirectory.Answer([IPAddress(four: 1)])
            })
        let error = #expect(throws: Failure.self) { try names.addresses(of: "slow.example.org", timeout: 0.05) }
        #expect(error?.code == "ETIMEDOUT")
        #expect(names.known("slow.example.org") == nil)
        let found = Shared<[IPAddress]>([])
        let done = Semaphore()
        names.find("SLOW.example.org") { result in
            found.value.withLock { $0 = (try? result.get().addresses) ?? [] }
            done.signal()
        }
        started.wait()
        go.signal()
        #expect(done.wait(seconds: 20))
        #expect(found.value.withLock { $0 } == [IPAddress(four: 1)])
        #expect(try names.addresses(of: "slow.example.org", timeout: 0) == [IPAddress(four: 1)])
        #expect(count.value.withLock { $0 } == 1)
    }

    @Test("A gate lets so many in, and the rest in their order") func gate() {
        let gate = Gate(width: 2)
        let order = Shared<[Int]>([])
        let leaving = Shared<[@Sendable () -> Void]>([])
        for number in 0..<5 {
            gate.enter { leave in
                order.value.withLock { $0.append(number) }
                leaving.value.withLock { $0.append(leave) }
            }
        }
        #expect(order.value.withLock { $0 } == [0, 1])
        while let leave = leaving.value.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { leave() }
        #expect(order.value.withLock { $0 } == [0, 1, 2, 3, 4])
        gate.enter { leave in
            order.value.withLock { $0.append(5) }
            leave()
        }
        #expect(order.value.withLock { $0.last } == 5)
    }

    @Test("A failure is told to all who ask, and an answer is forgotten after its life") func failure() {
        let count = Shared(0)
        let names = NameDirectory(
            life: 0,
            lookUp: { (name) throws(Failure) -> NameDirectory.Answer in
                count.value.withLock { $0 += 1 }
                throw Failure(code: "ERESOLVE", name)
            })
        for _ in 0..<2 {
            let error = #expect(throws: Failure.self) { try names.addresses(of: "x", timeout: 20) }
            #expect(error?.code == "ERESOLVE")
        }
        #expect(count.value.withLock { $0 } == 2)
    }
}
