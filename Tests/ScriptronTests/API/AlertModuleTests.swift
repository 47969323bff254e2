import Testing

@testable import Scriptron

@Suite("The modules alert and metrics") struct AlertModuleTests {
    @Test("Reports reach the host with all that was said; the state comes back") func reports() throws {
        let api = try APIFixture()
        api.services.answers[.alertReport] = ["state": "firing"]
        let result = try api.run(
            """
            return { alert.check("disk /", 95 > 90, { summary = "full", severity = "critical", for_runs = 2,
                                                      clear = false, value = 95 }),
                     alert.check("net", nil, { summary = "?" }), alert.fire("x", { summary = "bad" }),
                     alert.resolve("x") }
            """)
        #expect(result == ["firing", "firing", "firing", "firing"])
        let sent = api.services.requests.map(\.arguments)
        #expect(
            sent[0] == [
                "how": "check", "key": "disk /", "bad": true, "summary": "full", "severity": "critical", "for_runs": 2,
                "clear": false, "fields": ["value": 95],
            ])
        #expect(sent[1]["bad"] == .null)
        #expect(sent.map { $0["how"] } == ["check", "check", "fire", "resolve"])
    }

    @Test(
        "Mistakes are errors",
        arguments: [
            #"alert.check("x", 5, { summary = "s" })"#, #"alert.check("x", true)"#, #"alert.fire("x")"#,
            #"alert.fire(5, { summary = "s" })"#, #"alert.resolve("x", { summary = "s" })"#,
            #"metrics.gauge("x", "y")"#, #"metrics.count("x", -1)"#, #"metrics.gauge("x", 1, { label = {} })"#,
            #"metrics.gauge("x", 0 / 0)"#, #"metrics.forecast("x")"#,
        ])
    func mistakes(call: String) throws {
        #expect(try APIFixture().failure(call).code == "EARGUMENT")
    }

    @Test("Values go to the host; one that is dropped is told once, and stands in the record") func metrics() throws {
        let api = try APIFixture()
        api.services.answer = { _, arguments in arguments["name"] == "full" ? "too many" : .null }
        try api.run(
            """
            metrics.count("runs")
            metrics.count("files", 3, { labels = { kind = "log" } })
            metrics.count("errors", { labels = { kind = "x" } })
            metrics.gauge("temperature", 21.5)
            metrics.observe("seconds", 2)
            for _ = 1, 3 do metrics.gauge("full", 1) end
            """)
        let sent = api.services.requests.map(\.arguments)
        #expect(sent[0] == ["name": "runs", "kind": "count", "value": 1.0, "labels": [:]])
        #expect(sent[1] == ["name": "files", "kind": "count", "value": 3.0, "labels": ["kind": "log"]])
        #expect(sent[2]["value"] == 1.0 && sent[2]["labels"] == ["kind": "x"])
        #expect(sent.map { $0["kind"]?.text }.prefix(5) == ["count", "count", "count", "gauge", "observation"])
        #expect(api.services.warnings == ["metrics.gauge: too many"])
        #expect(api.services.notes.contains(.limit("metrics")))
    }

    @Test("Histories and forecasts are the host's to tell, of so long a time") func histories() throws {
        let api = try APIFixture()
        api.services.answers[.metricHistory] = [["time": 1.0, "last": 2.0]]
        api.services.answers[.metricForecast] = ["seconds": 60.0, "rate": -1.0, "covers": 7.0]
        let result = try api.run(
            """
            local full = metrics.forecast("disk", 100, { labels = { path = "/" }, span = "1d", at_least = "1h" })
            return { full.seconds, #metrics.history("disk", { kind = "count" }) }
            """)
        #expect(result == [60.0, 1])
        let now = SystemClock().now().epoch
        let sent = api.services.requests.map(\.arguments)
        #expect(sent[0]["name"] == "disk" && sent[0]["labels"] == ["path": "/"] && sent[0]["kind"] == "gauge")
        #expect(sent[0]["bound"] == 100.0 && sent[0]["at_least"] == 3600.0)
        #expect(abs(now - 86400 - (sent[0]["since"]?.double ?? 0)) < 60)
        #expect(sent[1]["kind"] == "count" && sent[1]["labels"] == [:])
    }

    @Test("In a dry run they are told, and nothing is changed") func dry() throws {
        let api = try APIFixture()
        api.isDry = true
        api.services.answers[.alertLook] = ["state": "pending"]
        let result = try api.run(
            """
            metrics.gauge("x", 1)
            return alert.check("k", true, { summary = "s", for_runs = 2 })
            """)
        #expect(result == "pending")
        #expect(api.services.requests.map(\.service) == [.alertLook])
        let report = try #require(api.planned?.report)
        #expect(report["metrics"]?.list?.count == 1)
        #expect(report["alerts"] == [["how": "check", "key": "k", "summary": "s", "state": "pending"]])
    }
}
