import Testing

@testable import Scriptron

struct TransferURLTests {
    @Test(arguments: [
        ("http://example.org", "http://example.org/", "example.org:80"),
        ("HTTPS://Example.ORG/a/b?c=d#e", "https://example.org/a/b?c=d", "example.org:443"),
        ("http://[::1]:8080/x", "http://[::1]:8080/x", "[::1]:8080"),
        ("http://example.org:80/", "http://example.org/", "example.org:80"),
        ("smtp://mail.example.org:587", "smtp://mail.example.org:587/", "mail.example.org:587"),
        // What a decimal, octal or hexadecimal number means to curl is what is judged (attack 74).
        ("http://2130706433/", "http://127.0.0.1/", "127.0.0.1:80"),
        ("http://0177.0.0.1/", "http://127.0.0.1/", "127.0.0.1:80"),
        ("http://0x7f000001/", "http://127.0.0.1/", "127.0.0.1:80"),
        ("http://127.1/", "http://127.0.0.1/", "127.0.0.1:80"),
        ("http://example.org/a/../../b", "http://example.org/b", "example.org:80"),
    ])
    func `reads an address as curl does`(text: String, whole: String, need: String) throws {
        let url = try TransferURL(text)
        #expect(url.text == whole)
        #expect(url.need == need)
    }

    @Test(arguments: [
        "", "example.org/x y", "file:///etc/passwd", "gopher://example.org", "ftp://example.org/",
        "dict://example.org/",
        "http://", "http://user:word@example.org/", "http://user@example.org/", "http://example.org:0/",
        "http://example.org:99999/", "http://exa mple.org/", "http://example.org/a b", "http://bücher.example/",
        "http://example.org/\r\nX: y", "http://example.org\u{0}.evil.example/", "scp://example.org/x",
    ])
    func `refuses what is no plain address`(text: String) {
        #expect { _ = try TransferURL(text) } throws: { error in
            guard let failure = error as? Failure else { return false }
            // The text may hold a secret.
            return failure.code == "EURL" && (text.count < 9 || !failure.description.contains(text))
        }
    }

    @Test(arguments: [
        ("/other", "https://example.org/other"), ("deeper", "https://example.org/a/deeper"),
        ("//elsewhere.example/x", "https://elsewhere.example/x"), ("http://127.0.0.1/", "http://127.0.0.1/"),
        ("?q=1", "https://example.org/a/b?q=1"),
    ])
    func `resolves a redirect`(place: String, whole: String) throws {
        #expect(try TransferURL("https://example.org/a/b?c=d").resolving(place).text == whole)
    }

    @Test func `adds to a query`() throws {
        let url = try TransferURL("http://example.org/a?b=c")
        let more = try url.adding([("q", Array("a b&c=d/é".utf8)), ("n", Array("1".utf8))])
        #expect(more.text == "http://example.org/a?b=c&q=a%20b%26c%3Dd%2F%C3%A9&n=1")
        #expect(try url.adding([]).text == url.text)
    }
}
