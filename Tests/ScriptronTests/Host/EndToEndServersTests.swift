import Glibc
import Testing

@testable import Scriptron

/// The real binary: many servers at once out of one sandboxed run, each connection judged by the host.
@Suite(
    "End to end: servers at once",
    .enabled(
        if: getuid() == 0 && PostgresCluster.programs != nil && BrokerReach.probe() == .any,
        "needs root and postgresql"),
    .timeLimit(.minutes(15)))
struct EndToEndServersTests {
    @Test func `requests, programs and databases of a run go on at once, within its grant`() async throws {
        let cluster = try PostgresCluster()
        _ = cluster.query("create role root superuser login")
        let server = try HTTPTestServer { .text("got \($0.target)") }
        let other = try HTTPTestServer { _ in .text("secret") }
        let host = try EndToEndHost(
            """
            return { ceiling = { read = { "." }, run = { "sh", "cat" },
              connect = { "127.0.0.1:*", "unix:\(cluster.socket)" } } }
            """)
        try host.job(
            "many",
            """
            return job {
              needs = function()
                return { run = { "sh", "cat" }, connect = { "127.0.0.1:\(server.port)", "unix:\(cluster.socket)" } }
              end,
              run = function()
                local items = {}
                for number = 1, 60 do items[number] = number end
                local results, errors = parallel(items, function(number)
                  local kind = number % 4
                  if kind == 0 then return http.get("\(server.url("/"))" .. number).body end
                  if kind == 1 then
                    return process.run({ "sh", "-c", "exec cat" }, { stdin = "p" .. number }).stdout
                  end
                  if kind == 2 then
                    local db <close> = sql.open("postgres://root@/postgres?host=\(cluster.directoryOfSocket)")
                    return "q" .. db:query("select $1::int as n", { number })[1].n
                  end
                  return http.get("\(other.url())").body
                end, { limit = 12, on_error = "collect" })
                return { results[4], results[1], results[2], results[60], results[57], results[58], #errors,
                  errors[1].error.code }
              end,
            }
            """)
        try await host.start()
        let row = try await host.run("many")
        #expect(row["outcome"] == "succeeded", "\(row)")
        #expect(row["result"] == ["got /4", "p1", "q2", "got /60", "p57", "q58", 15, "EGRANT"])
        #expect(other.requests.isEmpty)
        try await host.stop()
    }
}
