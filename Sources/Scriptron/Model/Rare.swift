/// A large value that is mostly not there: then it takes one word, whatever its size.
@propertyWrapper
package struct Rare<Value: Sendable>: Sendable {
    private var box: Boxed<Value>?

    package init(wrappedValue: Value?) { box = wrappedValue.map(Boxed.init) }

    package var wrappedValue: Value? {
        get { box?.wrappedValue }
        set { box = newValue.map(Boxed.init) }
    }
}
