extension JobSchedule {
    /// A fire time as commands and the API show it: `fire_time local timezone schedule words effect named`, where
    /// `schedule` and `words` are of those that fire then.
    package func row(_ fireTime: Timestamp) -> [String: Value] {
        let causes = causes(of: fireTime)
        let effect = causes.lazy.compactMap(\.effect).first
        return [
            "fire_time": .number(fireTime.epoch), "local": .text(zone.iso(fireTime)), "timezone": .text(zone.name),
            "schedule": .texts(causes.map(\.text)),
            "words": .texts(
                zip(texts, schedules).filter { pair in causes.contains { $0.text == pair.0 } }.map(\.1.words)),
            "effect": effect.map { .text($0.name) } ?? .null, "named": effect?.named.map { .text($0.text) } ?? .null,
        ]
    }

    /// Each schedule as it is written, and what it says.
    package var explanations: [(text: String, words: String)] { zip(texts, schedules).map { ($0, $1.words) } }

    /// How the schedules meet the zone's changes of offset, a sentence for each kind that is among them; none where no
    /// change is to come after an instant.
    package func changeWords(after instant: Timestamp) -> [String] {
        guard zone.nextTransition(after: instant) != nil else { return [] }
        var sentences: [String] = []
        for sentence in schedules.compactMap(\.changeWords) where !sentences.contains(sentence) {
            sentences.append(sentence)
        }
        return sentences
    }
}

extension ClockEffect {
    /// As rows name it.
    package var name: String {
        switch self {
        case .shifted: "shifted"
        case .passedOver: "passed_over"
        case .onlyFirst: "only_first"
        case .first: "first"
        case .second: "second"
        }
    }

    /// The time that the schedule names and the clock does not show.
    package var named: LocalTime? {
        switch self {
        case .shifted(let named), .passedOver(let named): named
        case .onlyFirst, .first, .second: nil
        }
    }
}
