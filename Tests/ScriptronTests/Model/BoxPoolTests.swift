import Testing

@testable import Scriptron

@Suite("Values that are kept once") struct BoxPoolTests {
    @Test("Equal values come to the same box, others to their own, however many there were") func share() {
        var pool = BoxPool<[Int]>()
        for number in 0..<1000 {
            var first = Boxed(wrappedValue: [number])
            var second = Boxed(wrappedValue: [number])
            #expect(!first.isSame(as: second))
            pool.share(&first)
            pool.share(&second)
            #expect(first.isSame(as: second) && second.wrappedValue == [number])
        }
    }

    @Test("A value that is mostly not there takes a word") func rare() {
        struct Holder { @Rare var failure: Failure? }
        #expect(MemoryLayout<Holder>.size == MemoryLayout<Int>.size)
        var holder = Holder()
        #expect(holder.failure == nil)
        holder.failure = Failure(code: "EX", "something")
        let copy = holder
        holder.failure = nil
        #expect(copy.failure?.code == "EX" && holder.failure == nil)
    }
}
