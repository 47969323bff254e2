/// Signs requests to S3 (AWS Signature Version 4): curl 7.88 does so wrongly where a query has several members.
struct S3Signature {
    let region: String
    let key: String
    let secret: [UInt8]

    /// The headers that sign a request: `host`, `x-amz-date`, `x-amz-content-sha256` and those given, which are lower
    /// case. The query's members stand in their order already.
    func headers(
        _ method: String, _ url: TransferURL, _ given: [(name: String, value: String)], payload: String,
        at time: Timestamp
    ) throws(Failure) -> [TransferRequest.Header] {
        let date = Self.text(of: time)
        let day = String(date.prefix(8))
        let all = (given + [("host", url.authority), ("x-amz-content-sha256", payload), ("x-amz-date", date)])
            .sorted { $0.0 < $1.0 }
        let names = all.map(\.0).joined(separator: ";")
        let lines = all.map { "\($0.0):\($0.1)\n" }.joined()
        let canonical = [method, url.path, url.query ?? "", lines, names, payload].joined(separator: "\n")
        let scope = "\(day)/\(region)/s3/aws4_request"
        let toSign = ["AWS4-HMAC-SHA256", date, scope, try Digest.sha256(Array(canonical.utf8))].joined(separator: "\n")
        var code = Array("AWS4".utf8) + secret
        for word in [day, region, "s3", "aws4_request", toSign] {
            code = try Digest.hmac(.sha256, key: code, Array(word.utf8))
        }
        let login =
            "AWS4-HMAC-SHA256 Credential=\(key)/\(scope), SignedHeaders=\(names), Signature="
            + Digest.hexadecimal(code)
        return all.filter { $0.0 != "host" }.map { TransferRequest.Header($0.0, $0.1) }
            + [TransferRequest.Header("Authorization", login)]
    }

    /// `20260102T030405Z`.
    static func text(of time: Timestamp) -> String {
        let seconds = Int(time.epoch.rounded(.down))
        let (days, rest) = seconds.quotientAndRemainder(dividingBy: 86400)
        // Days to a date of the Gregorian calendar, years beginning in March.
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(year)" + two(month) + two(day) + "T" + two(rest / 3600) + two(rest / 60 % 60) + two(rest % 60) + "Z"
    }
}
