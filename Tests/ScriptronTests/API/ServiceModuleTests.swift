import Testing

@testable import Scriptron

@Suite("The module service") struct ServiceModuleTests {
    @Test("Units reach the host with their kind, and how long it may take") func calls() throws {
        let api = try APIFixture()
        api.services.answers[.unitActive] = true
        let result = try api.run(
            """
            service.reload("nginx")
            service.restart("app@1.service", { timeout = "2m" })
            return service.active("nginx.service")
            """)
        #expect(result == true)
        #expect(api.services.requests.map(\.service) == [.unitReload, .unitRestart, .unitActive])
        #expect(
            api.services.requests.map(\.arguments) == [
                ["unit": "nginx.service", "timeout": 60.0], ["unit": "app@1.service", "timeout": 120.0],
                ["unit": "nginx.service"],
            ])
        // The host's null is nil.
        api.services.answers[.unitActive] = .null
        #expect(try api.run(#"return service.active("nginx") == nil"#) == true)
    }

    @Test(
        "Mistakes are errors",
        arguments: [
            "service.active()", #"service.active("a/b")"#, #"service.restart("reboot.target")"#,
            #"service.reload("nginx", { timout = 5 })"#, #"service.reload("ngin*")"#, #"service.active("x", {})"#,
        ])
    func mistakes(call: String) throws {
        #expect(try APIFixture().failure(call).code == "EARGUMENT")
    }

    @Test("A dry run plans what the host would not refuse") func dry() throws {
        let api = try APIFixture()
        api.isDry = true
        try api.run(#"service.reload("nginx"); service.restart("app")"#)
        #expect(api.services.requests.map(\.service) == [.unitCheck, .unitCheck])
        #expect(api.services.requests[0].arguments == ["unit": "nginx.service", "change": "reload"])
        let plan = try #require(api.planned?.report["plan"]?.list)
        #expect(
            plan == [["effect": "reload", "unit": "nginx.service"], ["effect": "restart", "unit": "app.service"]])
    }
}
