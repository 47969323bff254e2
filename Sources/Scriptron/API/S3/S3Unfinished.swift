/// Uploads in parts that nobody finished: they cost room, and no list of objects shows them.
extension S3Bucket {
    /// Removes the unfinished uploads of a key; returns how many there were.
    func abort(_ key: [UInt8]) throws -> Int64 {
        var count: Int64 = 0
        var markers: [String: String] = [:]
        while true {
            var request = Request(function: "abort", method: "GET")
            request.query = ["uploads": "", "encoding-type": "url", "prefix": String(decoding: key, as: UTF8.self)]
            request.query.merge(markers) { $1 }
            guard let response = try ask(request, expect: [200]) else { return count }
            let text = String(decoding: response.body, as: UTF8.self)[...]
            for item in S3Answer.elements("Upload", in: text) {
                guard let found = S3Answer.text("Key", in: item), S3Answer.decoded(found) == key,
                    let upload = S3Answer.text("UploadId", in: item)
                else { continue }
                try remove(upload: upload, of: key, function: "abort")
                count += 1
            }
            guard S3Answer.text("IsTruncated", in: text) == "true",
                let nextKey = S3Answer.text("NextKeyMarker", in: text),
                let nextUpload = S3Answer.text("NextUploadIdMarker", in: text)
            else { return count }
            let next = [
                "key-marker": String(decoding: S3Answer.decoded(nextKey), as: UTF8.self),
                "upload-id-marker": nextUpload,
            ]
            if next == markers { return count }
            markers = next
        }
    }

    /// Removes an upload with its parts. One that arrives at the same moment may stay behind the first time (Amazon's
    /// reference of AbortMultipartUpload): what is left is looked at, and removed again.
    func remove(upload: String, of key: [UInt8], function: String) throws {
        for _ in 0..<3 {
            let query = ["uploadId": upload]
            _ = try ask(
                Request(function: function, method: "DELETE", key: key, query: query), expect: [200, 204, 404])
            let left = try ask(Request(function: function, method: "GET", key: key, query: query), expect: [200, 404])
            guard let left, left.status == 200 else { return }
            if S3Answer.elements("Part", in: String(decoding: left.body, as: UTF8.self)[...]).isEmpty { return }
        }
        throw Failure(code: "ES3", "s3:\(function) \(Path(bytes: key).text): parts of an upload stay on the server")
    }
}
