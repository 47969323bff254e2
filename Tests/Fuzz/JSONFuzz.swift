// Any bytes as JSON: the reader ends, and what it took comes back the same from what the writer makes of it.

@_cdecl("LLVMFuzzerTestOneInput")
func fuzzJSON(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: data, count: count))
    guard let value = try? JSON.decode(input) else { return 0 }
    guard let written = try? JSON.encode(value), let again = try? JSON.decode(written) else {
        fatalError("what was read as JSON cannot be written as JSON, or not be read again")
    }
    precondition(again == value, "JSON that was written reads as another value")
    return 0
}
