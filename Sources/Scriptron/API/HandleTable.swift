/// The live objects behind handles of scripts, by the handles' ids.
final class HandleTable<Object> {
    let kind: String
    private var objects: [Int64: Object] = [:]
    private var next: Int64 = 1

    init(_ kind: String) { self.kind = kind }

    /// Keeps an object and makes its handle; `EMFILE` where a script holds too many.
    func add(_ object: Object) throws(Failure) -> Value {
        guard objects.count < 1000 else {
            throw Failure(code: "EMFILE", "the script holds 1000 open handles (\(kind))", cure: "close them")
        }
        let id = next
        next += 1
        objects[id] = object
        return .handle(kind: kind, id: id)
    }

    /// The object of the handle that is a method's first argument.
    func object(_ arguments: Arguments) throws(Failure) -> Object {
        guard let object = objects[try id(arguments)] else {
            throw Failure(code: "EBADF", "\(arguments.function): the \(kind) is closed")
        }
        return object
    }

    /// Takes the object out; nil where it is closed already.
    func remove(_ arguments: Arguments) throws(Failure) -> Object? { objects.removeValue(forKey: try id(arguments)) }

    private func id(_ arguments: Arguments) throws(Failure) -> Int64 {
        guard case .handle(kind, let id) = arguments[0] else {
            let name = arguments.function.drop { $0 != ":" }.dropFirst()
            throw arguments.mismatch(0, kind, "a \(kind)", cure: "write \(kind):\(name)(…), with a colon")
        }
        return id
    }
}
