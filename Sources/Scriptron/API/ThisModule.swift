/// `this`: what a script may say of its own run. The plain fields (`job`, `fire_time`, …) come from the host.
package func thisModule(_ context: APIContext) -> HostModule {
    HostModule(
        "this",
        functions: [
            HostFunction("skip") { arguments in
                let reason = arguments[0].isNull ? "the script had nothing to do" : try arguments.text(0, "reason")
                try arguments.end(1)
                context.give(.skip(reason: reason))
                throw Failure(code: "SKIP", reason)
            },
            HostFunction("fail") { arguments in
                let message = try arguments.text(0, "message")
                var options = try arguments.options(1)
                let retry = try options.bool("retry", default: true)
                try options.finish(known: ["retry"])
                context.give(.fail(message: message, retry: retry))
                throw HostError(Failure(code: "FAIL", message), fields: ["retry": .bool(retry)])
            },
            HostFunction("warn") { arguments in
                let message = try arguments.text(0, "message")
                try arguments.end(1)
                try context.current("this.warn").effects.post(.warning(message))
                return []
            },
        ]
    )
}
