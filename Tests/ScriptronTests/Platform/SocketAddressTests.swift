import Testing

@testable import Scriptron

@Suite("Socket addresses as the kernel reads them")
struct SocketAddressTests {
    private static let four: [UInt8] = [2, 0, 0x1F, 0x90, 127, 0, 0, 1] + [UInt8](repeating: 0, count: 8)
    private static let six: [UInt8] = [10, 0, 0, 80, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 15) + [1, 0, 0, 0, 0]

    @Test(
        "Bytes",
        arguments: [
            (four, .server(IPAddress(four: 0x7F00_0001), port: 8080)), (Array(four.prefix(15)), nil),
            (four + [9, 9, 9], .server(IPAddress(four: 0x7F00_0001), port: 8080)),
            (six, .server(IPAddress(bits: 1), port: 80)),
            (Array(six.prefix(24)), .server(IPAddress(bits: 1), port: 80)), (Array(six.prefix(23)), nil),
            ([1, 0] + Array("/run/x".utf8), .path("/run/x")),
            ([1, 0] + Array("/run/x".utf8) + [0, 1], .path("/run/x")),
            ([1, 0, 0] + Array("name".utf8), .abstract), ([1, 0, 0], .abstract), ([1, 0], nil),
            ([0, 0], SocketAddress.none),
            ([16, 0, 0, 0], .other(16)), ([2], nil), ([], nil),
        ] as [([UInt8], SocketAddress?)])
    func bytes(bytes: [UInt8], address: SocketAddress?) {
        #expect(SocketAddress(bytes) == address)
    }
}
