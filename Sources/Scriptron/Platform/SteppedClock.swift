#if DEBUG
    import CLinux
    import Glibc
    import Synchronization

    /// The machine's clock, set forward and back by whoever writes a file: for trying out what that does to a real host
    /// (`SCRIPTRON_TEST_CLOCK` names the file, which holds seconds). No release binary has it.
    package final class SteppedClock: WallClock {
        fileprivate struct State {
            var offset = 0.0
            var alarms: [WeakAlarm] = []
        }

        fileprivate struct WeakAlarm {
            weak var alarm: SteppedAlarm?
        }

        private let file: Path
        private let state = Mutex(State())

        /// The clock that the environment asks for; nil: it asks for none.
        package static func ofEnvironment() -> SteppedClock? {
            TestEnvironment["SCRIPTRON_TEST_CLOCK"].flatMap { try? SteppedClock(Path($0)) }
        }

        init(_ file: Path) throws(SystemError) {
            self.file = file
            look()
            try PlainThread.start(name: "test-clock") { [weak self] in
                while let clock = self {
                    clock.look()
                    usleep(10_000)
                }
            }
        }

        fileprivate var offset: Double { state.withLock { $0.offset } }

        package func now() -> Timestamp { SystemClock().now() + offset }
        package var monotonic: Double { SystemClock().monotonic }
        package var bootID: String { SystemClock().bootID }

        package func alarm() throws(SystemError) -> any ClockAlarm {
            let alarm = try SteppedAlarm(clock: self)
            state.withLock { $0.alarms.append(WeakAlarm(alarm: alarm)) }
            return alarm
        }

        /// Takes what the file says; one that cannot be read says nothing.
        private func look() {
            guard let bytes = try? Files.readSmall(file),
                let offset = Double(String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace })
            else { return }
            let alarms = state.withLock { state -> [WeakAlarm] in
                guard state.offset != offset else { return [] }
                state.offset = offset
                return state.alarms
            }
            for entry in alarms { entry.alarm?.clockWasSet() }
        }
    }

    /// A timer of the machine's clock and a bell, behind one descriptor.
    private final class SteppedAlarm: ClockAlarm {
        let descriptor: Descriptor
        private let clock: SteppedClock
        private let timer: ClockTimer
        private let bell: Descriptor

        init(clock: SteppedClock) throws(SystemError) {
            self.clock = clock
            timer = try ClockTimer()
            bell = Descriptor(
                owning: try retrying("eventfd") { eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK)) })
            descriptor = Descriptor(owning: try retrying("epoll_create1") { epoll_create1(Int32(EPOLL_CLOEXEC)) })
            for source in [timer.descriptor, bell] {
                var event = epoll_event()
                event.events = EPOLLIN.rawValue
                try retrying("epoll_ctl") { epoll_ctl(descriptor.number, EPOLL_CTL_ADD, source.number, &event) }
            }
        }

        func arm(_ instant: Timestamp?) throws(SystemError) { try timer.arm(instant.map { $0 - clock.offset }) }

        func read() throws(SystemError) -> ClockEvent? {
            let event = try timer.read()
            var count: UInt64 = 0
            return Glibc.read(bell.number, &count, 8) == 8 ? .clockSet : event
        }

        func clockWasSet() {
            var one: UInt64 = 1
            _ = Glibc.write(bell.number, &one, 8)
        }
    }
#endif
