import Testing

@testable import Scriptron

@Suite("End to end: writes that fail", .timeLimit(.minutes(15)))
struct EndToEndFailedWriteTests {
    @Test func `A file that a write made is not left where nothing of it could be kept`() async throws {
        let job = """
            return job {
              limits = { file_size = "4KiB" },
              run = function()
                local dir, text = fs.temp_dir() .. "/", ("x"):rep(8192)
                fs.write(dir .. "old", "before\\n")
                local codes = {}
                local function try(name, ...)
                  local done, problem = pcall(...)
                  codes[name] = done and "written" or problem.code
                end
                try("append", fs.append, dir .. "new", text)
                try("in_place", fs.write, dir .. "new2", text, { atomic = false })
                try("old", fs.append, dir .. "old", text)
                try("small", fs.append, dir .. "small", "x")
                local names = {}
                for entry in fs.walk(dir) do names[#names + 1] = entry.path:match("[^/]+$") end
                table.sort(names)
                return { codes = codes, names = names, old = fs.read(dir .. "old"), small = fs.read(dir .. "small") }
              end,
            }
            """
        let host = try EndToEndHost(jobs: ["cut": job])
        let run = try await host.run("cut")
        let codes: Value = ["append": "EFBIG", "in_place": "EFBIG", "old": "EFBIG", "small": "written"]
        #expect(run["result"]?["codes"] == codes, "\(run)")
        #expect(run["result"]?["names"] == ["old", "small"])
        #expect(run["result"]?["old"] == "before\n")
        #expect(run["result"]?["small"] == "x")
    }
}
