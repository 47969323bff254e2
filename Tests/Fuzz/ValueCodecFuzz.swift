// Any bytes as an encoded value, as the host gets them from a worker it cannot trust: the decoder ends, and what it
// took comes back the same.

@_cdecl("LLVMFuzzerTestOneInput")
func fuzzValueCodec(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: data, count: count))
    guard let value = try? ValueCodec.decode(input) else { return 0 }
    guard let written = try? ValueCodec.encode(value), let again = try? ValueCodec.decode(written) else {
        fatalError("what was decoded cannot be encoded, or not be decoded again")
    }
    precondition(again == value || value.holdsNaN, "a value that was encoded decodes as another")
    return 0
}
