import Testing

@testable import Scriptron

/// A run that is killed between any two of its steps, and the one that comes after it.
///
/// Every call of the host that changes something counts its steps (each rename, each file that is made or compressed),
/// and after so many of them nothing more happens: as `kill -9` leaves it, with the unfinished file of the step that
/// was begun.
@Suite("jobs/rotate.lua: cut at any step") struct RotateCutTests {
    private static let before =
        #"local fs, archive, state, process = require("cutter")(fs, archive, state, process, hash) "#

    private static func cutter(after steps: Int) -> String {
        """
        local left, is_cut = \(steps), false
        local function cut()
          is_cut = true
          error({ code = "CUT", message = "killed" }, 0)
        end
        local function step()
          if left == 0 then cut() end
          left = left - 1
        end
        local changing = {
          fs = { remove = true, write = true }, state = { set = true, delete = true }, process = { run = true, signal = true },
        }
        -- As many of them as may still be done, and whether that is not all.
        local function some(list)
          local kept = {}
          for _, item in ipairs(list) do
            if left == 0 then return kept, true end
            left = left - 1
            kept[#kept + 1] = item
          end
          return kept, false
        end
        local function wrap(name, module, own)
          return setmetatable({}, { __index = function(_, key)
            local real = module[key]
            if type(real) ~= "function" then return real end
            return function(...)
              if is_cut then cut() end
              if own[key] then return own[key](real, ...) end
              if (changing[name] or {})[key] then step() end
              return real(...)
            end
          end })
        end
        return function(fs, archive, state, process, hash)
          local own_fs = {}
          function own_fs.change(change, directory, chains)
            local kept, over = {}, false
            for _, chain in ipairs(chains) do
              local steps
              steps, over = some(chain)
              kept[#kept + 1] = steps
              if over then
                fs.write(directory .. "/.scriptron-1abc.tmp", "", { atomic = false })
                break
              end
            end
            local outcomes = #kept > 0 and change(directory, kept) or {}
            if over then cut() end
            return outcomes
          end
          function own_fs.copy_truncate(copy_truncate, entry, to)
            step()
            if left == 0 then
              fs.copy(entry.path, to)
              cut()
            end
            left = left - 1
            return copy_truncate(entry, to)
          end
          local own_archive = {}
          function own_archive.compress_all(compress_all, items, options)
            local kept, over = some(items)
            local outcomes = #kept > 0 and compress_all(kept, options) or {}
            if over then
              fs.write(items[1].to:match("^(.*)/") .. "/.scriptron-2abc.tmp", "half", { atomic = false })
              cut()
            end
            return outcomes
          end
          return wrap("fs", fs, own_fs), wrap("archive", archive, own_archive), wrap("state", state, {}),
            wrap("process", process, {})
        end
        """
    }

    private func prepare() throws -> RotateFixture {
        let rotate = try RotateFixture()
        try rotate.log("a.log", "a4\na5\n", mode: 0o640)
        try rotate.log("a.log.1", "a3\n")
        try rotate.packed("a.log.2.zst", "a2\n")
        try rotate.packed("a.log.3.zst", "a1\n")
        try rotate.log("b.log", "b1\n")
        rotate.api.services.answers[.signalProcesses] = 1
        return rotate
    }

    /// What a log and its generations hold together, the oldest first.
    private func whole(_ base: String, _ rotate: RotateFixture) throws -> String {
        let names = try rotate.names().filter { $0.hasPrefix(base) }
        func number(_ name: String) -> Int { Int(name.dropFirst(base.count + 1).prefix { $0 != "." }) ?? 0 }
        return try names.sorted { number($0) > number($1) }.map { try rotate.content($0) ?? "" }.joined()
    }

    @Test(
        "Nothing is lost, nothing is there twice, nothing is left over", arguments: ["rename", "copytruncate"],
        [false, true])
    func cuts(method: String, dated: Bool) throws {
        let settings: [String: Value] = [
            "method": .text(method), "names": dated ? "dated" : "numbered", "after": ["process": "writer"],
            "keep": ["count": 10],
        ]
        var steps = 0
        while true {
            let rotate = try prepare()
            if dated {
                // Names of dates sort before 1, 2 and 3 here.
                for name in ["a.log.1", "a.log.2.zst", "a.log.3.zst"] {
                    let inner = name.hasSuffix(".zst") ? ".zst" : ""
                    let day = name.dropFirst(6).prefix(1)
                    try rotate.unhooked(
                        #"fs.rename("l/\#(name)", "l/a.log-2020010\#(4 - (Int(day) ?? 0))-000000\#(inner)")"#)
                }
            }
            var wasCut = false
            do {
                _ = try rotate.run(settings, before: Self.before, cutter: Self.cutter(after: steps))
            } catch let error as LuaError {
                wasCut = true
                #expect(error.message.contains("killed") || error.code == "CUT" || error.code == "FAIL", "\(error)")
            }
            let result = try rotate.run(settings)
            #expect(result["failed"] == 0)
            let names = try rotate.names()
            #expect(names.allSatisfy { !$0.hasPrefix(".scriptron-") }, "after \(steps) steps: \(names)")
            #expect(names.filter { $0 != "a.log" && $0 != "b.log" }.allSatisfy { $0.hasSuffix(".zst") }, "\(names)")
            let held = dated ? try wholeDated(rotate) : try whole("a.log", rotate)
            #expect(held == "a1\na2\na3\na4\na5\n", "after \(steps) steps: \(names)")
            #expect(dated ? true : try whole("b.log", rotate) == "b1\n")
            #expect(try rotate.api.directory.status("box/l/a.log")?.mode == 0o640, "after \(steps) steps: \(names)")
            #expect(["cutting", "renaming", "after"].allSatisfy { rotate.api.services.state[$0] == nil })
            if !wasCut { break }
            steps += 1
            try #require(steps < 100)
        }
        #expect(steps > 10)
    }

    private func wholeDated(_ rotate: RotateFixture) throws -> String {
        let names = try rotate.names().filter { $0.hasPrefix("a.log-") }.sorted()
        return try (names + ["a.log"]).map { try rotate.content($0) ?? "" }.joined()
    }
}
