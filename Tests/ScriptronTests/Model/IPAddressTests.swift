import Testing

@testable import Scriptron

@Suite("Addresses of the internet")
struct IPAddressTests {
    @Test(
        "Texts",
        arguments: [
            ("127.0.0.1", "127.0.0.1"), ("::ffff:127.0.0.1", "127.0.0.1"), ("::FFFF:7f00:1", "127.0.0.1"),
            ("0.0.0.0", "0.0.0.0"), ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:db8::1", "2001:db8::1"),
            ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
            ("1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"), ("64:ff9b::10.0.0.1", "64:ff9b::a00:1"), ("fe80::1", "fe80::1"),
            ("", nil), ("1.2.3", nil), ("1.2.3.256", nil), ("01.2.3.4", nil), ("1.2.3.4.5", nil), ("0x7f.0.0.1", nil),
            ("2130706433", nil), (":", nil), (":::", nil), ("1:2:3:4:5:6:7", nil), ("1:2:3:4:5:6:7:8:9", nil),
            ("1::2::3", nil), ("12345::", nil), ("1:", nil), (":1", nil), ("g::", nil), ("1:2:3:4:5:6:7:8::", nil),
            ("::1.2.3", nil), ("1.2.3.4::", nil),
        ] as [(String, String?)])
    func texts(text: String, canonical: String?) {
        #expect(IPAddress(text)?.description == canonical)
    }

    @Test(
        "Networks",
        arguments: [
            ("10.0.0.0", 8, "10.255.0.1", true), ("10.0.0.0", 8, "11.0.0.1", false),
            ("10.1.2.3", 8, "10.9.9.9", true), ("0.0.0.0", 0, "8.8.8.8", true), ("0.0.0.0", 0, "::1", false),
            ("::", 0, "::1", true), ("::", 0, "8.8.8.8", false), ("10.0.0.0", 8, "::ffff:10.0.0.1", true),
            ("fd00::", 8, "fdff::1", true), ("fd00::", 8, "fe00::1", false), ("1.2.3.4", 32, "1.2.3.4", true),
            ("1.2.3.4", 32, "1.2.3.5", false), ("::1", 128, "::1", true), ("::ffff:10.0.0.0", 104, "10.9.0.1", true),
            ("::ffff:10.0.0.0", 104, "11.9.0.1", false), ("::", 64, "10.0.0.1", false),
        ])
    func networks(base: String, bits: Int, address: String, contains: Bool) throws {
        let network = IPNetwork(try #require(IPAddress(base)), bits: bits)
        #expect(network.contains(try #require(IPAddress(address))) == contains)
    }

    @Test(
        "What an address is for",
        arguments: [
            ("8.8.8.8", .everywhere), ("2606:4700::1", .everywhere), ("127.0.0.1", .loopback), ("127.9.9.9", .loopback),
            ("0.0.0.0", .loopback), ("::", .loopback), ("::1", .loopback), ("::127.0.0.1", .loopback),
            ("::ffff:127.0.0.1", .loopback), ("64:ff9b::127.0.0.1", .loopback), ("2002:7f00:1::", .loopback),
            ("10.0.0.1", .local), ("172.31.255.255", .local), ("172.32.0.1", .everywhere), ("192.168.1.1", .local),
            ("100.64.0.1", .local), ("fd12::1", .local), ("64:ff9b::10.0.0.1", .local), ("2002:a00:1::", .local),
            ("169.254.169.254", .link), ("fd00:ec2::254", .link), ("fe80::1", .link), ("64:ff9b::a9fe:a9fe", .link),
            ("224.0.0.1", .other), ("255.255.255.255", .other), ("ff02::1", .other),
        ] as [(String, AddressKind)])
    func kinds(address: String, kind: AddressKind) throws {
        #expect(AddressKind(try #require(IPAddress(address))) == kind)
    }
}
