/// `metrics`: what a job measures, kept by the host.
package func metricsModule(_ context: APIContext) -> HostModule {
    func add(_ kind: MetricSeries.Kind, _ arguments: Arguments, value: Double, options index: Int) throws -> [Value] {
        try arguments.end(index + 1)
        var options = try arguments.options(index)
        let labels = options.take("labels") ?? [:]
        try options.finish(known: ["labels"])
        let session = try context.current(arguments.function)
        let answer = try session.effects.request(
            .metricAdd,
            [
                "name": .text(try arguments.text(0, "name")), "kind": .text(kind.rawValue), "value": .number(value),
                "labels": labels,
            ])
        // A value too many costs the run its value, not its end.
        if let why = answer.text, context.tellOnce(why) {
            session.effects.post(.limit(LimitName.metrics.rawValue))
            session.effects.post(.warning("\(arguments.function): \(why)"))
        }
        return []
    }
    /// Asks about the series that the arguments name, as it was in the last `span` seconds.
    func ask(
        _ service: HostService, _ arguments: Arguments, _ options: inout Options, span: Double,
        _ more: [String: Value], known: [String] = []
    ) throws(Failure) -> Value {
        let effects = try context.current(arguments.function).effects
        var sent: [String: Value] = more.merging(["name": .text(try arguments.text(0, "name"))]) { $1 }
        sent["labels"] = options.take("labels") ?? [:]
        sent["kind"] = .text(try options.text("kind") ?? MetricSeries.Kind.gauge.rawValue)
        sent["since"] = .number(effects.now().epoch - span)
        try options.finish(known: ["labels", "kind", "span"] + known)
        return try effects.request(service, sent)
    }
    return HostModule(
        "metrics",
        functions: [
            HostFunction("count") { arguments in
                // The number may be left out.
                if arguments[1].map != nil || arguments[1].isNull {
                    return try add(.count, arguments, value: 1, options: arguments[1].isNull ? 2 : 1)
                }
                let by = try arguments.number(1, "by")
                guard by >= 0 else { throw arguments.mismatch(1, "by", "a number from 0") }
                return try add(.count, arguments, value: by, options: 2)
            },
            HostFunction("gauge") { arguments in
                try add(.gauge, arguments, value: try arguments.number(1, "value"), options: 2)
            },
            HostFunction("observe") { arguments in
                try add(.observation, arguments, value: try arguments.number(1, "value"), options: 2)
            },
            HostFunction("history") { arguments in
                try arguments.end(2)
                var options = try arguments.options(1)
                let span = try options.duration("span") ?? 86400
                return [try ask(.metricHistory, arguments, &options, span: span, ["limit": 10_000])]
            },
            HostFunction("forecast") { arguments in
                try arguments.end(3)
                let bound = try arguments.number(1, "bound")
                var options = try arguments.options(2)
                let span = try options.duration("span") ?? 7 * 86400
                let least = try options.duration("at_least") ?? 6 * 3600
                let more: [String: Value] = ["bound": .number(bound), "at_least": .number(least)]
                return [
                    try ask(.metricForecast, arguments, &options, span: span, more, known: ["at_least"])
                ]
            },
        ])
}
