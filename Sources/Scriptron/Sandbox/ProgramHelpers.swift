/// Programs that others start on their own: wrappers that execute the real one, and filters. A granted program brings
/// its helpers along where they are installed.
enum ProgramHelpers {
    /// By the name of the program, and by the name of the file it really is: names to search, or paths, both with
    /// globs. `{}` stands for the name the program was asked for by.
    private static let table: [String: [String]] = [
        // Debian's wrapper of PostgreSQL's clients, a Perl script.
        "pg_wrapper": ["/usr/lib/postgresql/*/bin/{}", "/usr/lib/postgresql/*/bin/psql"],
        "pg_dumpall": ["pg_dump", "/usr/lib/postgresql/*/bin/pg_dump"],
        // tar's filters (-z, -j, -J, --zstd, --lzip, --lzma, --lzop, -Z), and the parallel ones of -I.
        "tar": [
            "gzip", "bzip2", "xz", "zstd", "lzip", "lzma", "lzop", "lz4", "compress", "pigz", "pbzip2", "lbzip2",
            "pixz", "plzip",
        ],
        "git": ["/usr/lib/git-core/*", "ssh"],
        "ssh": ["/usr/lib/openssh/*"],
        "rsync": ["ssh"], "scp": ["ssh"], "sftp": ["ssh"], "borg": ["ssh"], "restic": ["ssh", "rclone"],
        "duplicity": ["ssh", "gpg"], "rdiff-backup": ["ssh"],
        "gpg": ["gpg-agent", "/usr/lib/gnupg/*", "/usr/lib/gnupg2/*"],
        "logrotate": ["sh", "gzip", "gunzip", "bzip2", "xz", "zstd"],
        // Shell scripts around a compressor.
        "zcat": ["gzip"], "gunzip": ["gzip"], "zcmp": ["gzip", "cmp"], "zdiff": ["gzip", "diff"],
        "zgrep": ["gzip", "grep", "sed"], "xzgrep": ["xz", "grep", "sed"], "zstdgrep": ["zstd", "grep", "sed"],
        "bzgrep": ["bzip2", "grep", "sed"],
        // Front ends that start a fixed program.
        "awk": ["mawk", "gawk"],
        "7z": ["/usr/lib/p7zip/7z", "/usr/lib/7zip/7z"], "7za": ["/usr/lib/p7zip/7za"],
        "java": ["/usr/lib/jvm/*/lib/jspawnhelper"],
        "mysqldump": ["mariadb-dump"], "mysql": ["mariadb"],
    ]

    /// The helpers of a program: names and paths as `run` takes them; those that are not installed are left out by
    /// whoever looks them up.
    ///
    /// - Parameters:
    ///   - name: The last name of the path it was found at.
    ///   - realName: The last name of the file that links lead to.
    static func of(_ name: String, realName: String) -> [String] {
        let entries = (table[name] ?? []) + (realName == name ? [] : table[realName] ?? [])
        return entries.map { entry in
            guard let hole = entry.range(of: "{}") else { return entry }
            return entry.replacingCharacters(in: hole, with: name)
        }
    }
}

extension String {
    /// The first place where `text` stands.
    fileprivate func range(of text: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }

    fileprivate func replacingCharacters(in range: Range<String.Index>, with text: String) -> String {
        self[..<range.lowerBound] + text + self[range.upperBound...]
    }
}
