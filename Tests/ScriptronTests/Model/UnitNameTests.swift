import Testing

@testable import Scriptron

@Suite("Names of units") struct UnitNameTests {
    @Test(
        "A name has its kind, and a service where it says none",
        arguments: [
            ("nginx", "nginx.service"), ("nginx.service", "nginx.service"),
            ("postgresql@15-main", "postgresql@15-main.service"),
            ("org.example.app", "org.example.app.service"), ("docker.socket", "docker.socket"),
            ("certbot.timer", "certbot.timer"), ("srv-data.mount", "srv-data.mount"), ("-.mount", "-.mount"),
            (#"a\x2db"#, #"a\x2db.service"#),
            ("", nil), (".service", nil), ("@.service", nil), ("reboot.target", nil), ("system.slice", nil),
            ("init.scope", nil), ("../x", nil), ("a/b.service", nil), ("ngin*", nil), ("ngin?.service", nil),
            ("[n]ginx", nil), ("a b", nil), ("a\nb", nil), ("a\0b", nil), ("é", nil), ("a;b", nil),
            (String(repeating: "x", count: 247), String(repeating: "x", count: 247) + ".service"),
            (String(repeating: "x", count: 248), nil),
        ] as [(String, String?)])
    func names(text: String, expected: String?) {
        #expect(UnitName(text)?.text == expected)
    }
}
