#if DEBUG
    /// Overlays that are wrong in one thing each: whether the comparison of plans with runs would see it
    /// (`SCRIPTRON_TEST_OVERLAY` names the thing). No release binary has them.
    final class BrokenOverlay: Overlay {
        enum Fault: String, CaseIterable {
            case forgetsRemovals, forgetsRemovedDirectories, forgetsNewFiles, losesNames, repeatsNames
            case forgetsMoves, movesWithoutLeaving, followsLinks, seesOneName
            case seesLinksAsFiles, doublesSizes, seesOlder, seesYounger, seesReadable
            case seesOwn, seesUnwritable, makesOtherModes, makesOtherOwners, makesLarger, makesEmpty, losesOddNames
            case hidesTargets, neverFull, alwaysFull, freesNothing, usageAsItIs
        }

        /// What is wrong in this process; nil: nothing.
        static let fault = ProcessEnvironment.variable("SCRIPTRON_TEST_OVERLAY").flatMap(Fault.init)
        private let fault: Fault

        init(_ fault: Fault) { self.fault = fault }

        override func seen(_ status: FileStatus) -> FileStatus {
            var seen = status
            switch fault {
            case .seesOneName: seen.links = 1
            case .seesLinksAsFiles where status.kind == .link: seen.kind = .file
            case .doublesSizes where status.kind == .file: seen.size *= 2
            case .seesOlder: seen.modified -= 40 * 86_400_000_000_000
            case .seesYounger: seen.modified += 40 * 86_400_000_000_000
            case .seesReadable: seen.mode |= 0o777
            case .seesOwn: (seen.uid, seen.gid) = Permission.owner
            case .seesUnwritable where status.kind == .directory: seen.mode &= ~0o222
            default: break
            }
            return seen
        }

        override func find(_ path: Path, follow: Bool) throws(SystemError) -> Found? {
            let found = try super.find(path, follow: follow || fault == .followsLinks)
            if fault == .hidesTargets, !follow, path.bytes.last.map({ $0 >= 48 && $0 <= 57 }) == true { return nil }
            return found
        }

        override func names(_ directory: Path) throws(SystemError) -> [[UInt8]] {
            var names = try super.names(directory)
            if fault == .losesNames { names = Array(names.sorted { $0.lexicographicallyPrecedes($1) }.dropFirst()) }
            if fault == .losesOddNames { names.removeAll { String(validating: $0, as: UTF8.self) == nil } }
            if fault == .repeatsNames { names = try Directory(directory).names() }
            return names
        }

        override func isEmpty(_ directory: Path) throws(SystemError) -> Bool { try names(directory).isEmpty }

        override func remove(_ found: Found) {
            let isDirectory = found.status.kind == .directory
            if fault == .forgetsRemovals && !isDirectory || fault == .forgetsRemovedDirectories && isDirectory {
                return
            }
            super.remove(found)
        }

        override func put(_ path: Path, _ file: PlannedFile) {
            if fault != .forgetsNewFiles { super.put(path, file) }
        }

        override func move(_ found: Found, to path: Path) {
            switch fault {
            case .forgetsMoves: break
            case .movesWithoutLeaving:
                super.put(path, PlannedFile(status: found.status, content: found.content, target: found.target))
            default: super.move(found, to: path)
            }
        }

        override func make(
            _ kind: FileKind, in directory: Found, mode: UInt32, owner: (uid: UInt32, gid: UInt32), now: Int64,
            content: PlannedFile.Content, size: Int64, target: [UInt8]? = nil
        ) -> PlannedFile {
            super.make(
                kind, in: directory, mode: fault == .makesOtherModes ? mode ^ 0o020 : mode,
                owner: fault == .makesOtherOwners ? (owner.uid + 1, owner.gid) : owner, now: now,
                content: fault == .makesEmpty ? .bytes([]) : content,
                size: fault == .makesLarger ? size + 1_000_000 : fault == .makesEmpty ? 0 : size, target: target)
        }
    }

    /// The same of the space of disks.
    final class BrokenSpace: PlannedSpace {
        override func take(_ use: Use, _ device: UInt64, _ path: @autoclosure () -> Path) throws(SystemError) {
            switch BrokenOverlay.fault {
            case .neverFull: break
            case .alwaysFull where use.bytes > 0: throw SystemError(ErrorNumber.noSpace, call: "write")
            default: try super.take(use, device, path())
            }
        }

        override func change(_ device: UInt64, by use: Use) {
            if BrokenOverlay.fault == .freesNothing, use.bytes < 0 { return }
            super.change(device, by: use)
        }

        override func use(of device: UInt64) -> Use? {
            BrokenOverlay.fault == .usageAsItIs ? nil : super.use(of: device)
        }
    }
#endif
