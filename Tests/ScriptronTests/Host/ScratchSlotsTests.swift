import Glibc
import Testing

@testable import Scriptron

@Suite("Scratch directories") struct ScratchSlotsTests {
    private let directory: TemporaryDirectory
    private let slots: ScratchSlots

    init() throws {
        directory = try TemporaryDirectory()
        slots = try ScratchSlots(directory: directory.path.appending("scratch"))
    }

    @Test("One is used again, empty") func again() throws {
        let first = try slots.take(nil)
        try Directories.create(first.appending("a/b"), mode: 0o755)
        try StateFiles.open(first.appending("a/b/file"), .write).write([1])
        symlink("/etc", first.appending("link").text)
        slots.giveBack(first, nil)
        let second = try slots.take(nil)
        #expect(second == first)
        #expect(try Directory(second).names().isEmpty)
        #expect(try FileStatus.of("/etc/passwd", follow: false) != nil)
    }

    @Test("What a run leaves at the directory itself does not reach the next one (attack 82)")
    func traces() throws {
        let opened = try slots.take(nil)
        chmod(opened.text, 0o777)
        slots.giveBack(opened, nil)
        let next = try slots.take(nil)
        #expect(next != opened)
        #expect(try FileStatus.of(next, follow: false)?.mode ?? 0 & 0o7777 == 0o700)

        // Not every file system has attributes of users.
        let file = try Directory(next)
        if (try? ExtendedAttributes.set("user.note", [1], on: file.descriptor)) != nil {
            slots.giveBack(next, nil)
            #expect(try slots.take(nil) != next)
        }
    }

    @Test("One that is deep beyond all measure is emptied, and closed directories are opened") func deep() throws {
        let slot = try slots.take(nil)
        var number = open(slot.text, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        for _ in 0..<5000 {
            #expect(mkdirat(number, "d", 0o700) == 0)
            let inner = openat(number, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            close(number)
            number = inner
        }
        close(number)
        try Directories.create(slot.appending("closed/inner"), mode: 0o700)
        chmod(slot.appending("closed").text, 0)
        slots.giveBack(slot, nil)
        #expect(try slots.take(nil) == slot)
        #expect(try Directory(slot).names().isEmpty)
    }
}
