/// Gives equal values the same box, so that what a thousand jobs have in common is kept once.
package struct BoxPool<Value: Hashable & Sendable>: Sendable {
    /// How many different values are known at the same time: beyond that it begins anew, and some are kept twice.
    private static var capacity: Int { 256 }

    private var boxes: [Value: Boxed<Value>] = [:]

    package init() {}

    /// The box of an equal value that came before, else this one.
    package mutating func share(_ box: inout Boxed<Value>) {
        if let known = boxes[box.wrappedValue] {
            box = known
        } else {
            if boxes.count >= Self.capacity { boxes.removeAll() }
            boxes[box.wrappedValue] = box
        }
    }
}
