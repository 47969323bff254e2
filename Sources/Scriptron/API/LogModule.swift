/// `log`: lines of the run's log, and how far it is.
package func logModule(_ context: APIContext) -> HostModule {
    let levels = ["debug", "info", "warn", "error"].map { level in
        HostFunction(level) { arguments in
            let message = try arguments.bytes(0, "message")
            var fields = arguments[1].map ?? [:]
            if !arguments[1].isNull, arguments[1].map == nil { throw arguments.mismatch(1, "fields", "a table") }
            try arguments.end(2)
            // A line is text: what is no UTF-8 is shown, not dropped.
            let text = String(validating: message, as: UTF8.self) ?? Path(bytes: message).text
            if fields.values.contains(where: \.isHandle) { fields = fields.filter { !$0.value.isHandle } }
            fields = fields.mapValues(\.displayed)
            try context.current(arguments.function).effects.post(.log(level: level, message: text, fields: fields))
            return []
        }
    }
    let progress = HostFunction("progress") { arguments in
        let done = try arguments.number(0, "done")
        let total = arguments[1].isNull ? nil : try arguments.number(1, "total")
        let label = arguments[2].isNull ? "" : try arguments.text(2, "label")
        try arguments.end(3)
        try context.current("log.progress").effects.post(.progress(done: done, total: total, label: label))
        return []
    }
    return HostModule("log", functions: levels + [progress])
}

extension Value {
    /// Whether it has no plain form.
    fileprivate var isHandle: Bool { if case .handle = self { true } else { false } }
}
