@testable import Scriptron

extension EndToEndHost {
    /// A directory with the repository's own jobs of these names, and all that they require.
    convenience init(_ configuration: String, shipped names: [String]) throws {
        try self.init(configuration)
        for name in names {
            let shipped = try ShippedJob(name)
            try job(name, shipped.text)
            for (library, text) in shipped.libraries { try write("jobs/lib/\(library).lua", text) }
        }
    }
}
