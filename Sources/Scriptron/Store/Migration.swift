/// One step of the store's schema forward. A step that was released is never changed: the next one follows it.
package struct Migration: Sendable {
    /// The version of the schema after it; from 1, without gaps.
    let version: Int64
    let sql: String

    package init(version: Int64, sql: String) {
        self.version = version
        self.sql = sql
    }

    /// All steps, the first first.
    static let all = [
        Migration(version: 1, sql: runs), Migration(version: 2, sql: alerts),
        Migration(version: 3, sql: queues), Migration(version: 4, sql: pauses),
        Migration(version: 5, sql: queueSpans), Migration(version: 6, sql: silenceSpans),
    ]

    /// What runs keep of their header and of the run that they follow or repeat, and what keeps runs from starting.
    private static let pauses = """
        ALTER TABLE run ADD COLUMN header TEXT NOT NULL DEFAULT 'null';
        ALTER TABLE run ADD COLUMN parent INTEGER;
        CREATE INDEX run_parent ON run (parent) WHERE parent IS NOT NULL;
        CREATE TABLE pause (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            job TEXT NOT NULL,
            kind TEXT NOT NULL,
            since INTEGER NOT NULL,
            until INTEGER,
            by TEXT NOT NULL
        );
        """

    /// `due` is a leased task's end of the lease, and since when a dead one is dead; `run` stands only in leased ones.
    private static let queues = """
        CREATE TABLE queue (
            name TEXT PRIMARY KEY,
            paused INTEGER NOT NULL,
            paused_until INTEGER,
            done INTEGER NOT NULL,
            failed INTEGER NOT NULL,
            crashed INTEGER NOT NULL
        );
        CREATE TABLE task (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            queue TEXT NOT NULL,
            key TEXT,
            body TEXT NOT NULL,
            state TEXT NOT NULL,
            due INTEGER NOT NULL,
            pushed INTEGER NOT NULL,
            attempts INTEGER NOT NULL,
            crashes INTEGER NOT NULL,
            token INTEGER NOT NULL,
            run INTEGER,
            crash_limit INTEGER NOT NULL,
            error TEXT
        );
        CREATE INDEX task_due ON task (queue, state, due);
        CREATE UNIQUE INDEX task_key ON task (queue, key) WHERE key IS NOT NULL;
        CREATE INDEX task_run ON task (run) WHERE run IS NOT NULL;
        CREATE TABLE task_done (
            queue TEXT NOT NULL,
            key TEXT NOT NULL,
            task INTEGER NOT NULL,
            finished INTEGER NOT NULL,
            PRIMARY KEY (queue, key)
        );
        CREATE INDEX task_done_finished ON task_done (finished);
        """

    /// When what is due was made so, for clocks that are set back; since when a task is tried; who asks for tasks.
    private static let queueSpans = """
        ALTER TABLE task ADD COLUMN born INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE task ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
        UPDATE task SET born = pushed, since = min(pushed, due);
        ALTER TABLE queue ADD COLUMN paused_at INTEGER;
        ALTER TABLE queue ADD COLUMN claimed INTEGER;
        UPDATE queue SET paused_at = min(paused_until, unixepoch() * 1000000) WHERE paused <> 0;
        """

    /// When a silence began, for clocks that are set back.
    private static let silenceSpans = "ALTER TABLE silence ADD COLUMN since INTEGER;"

    /// Instants are microseconds since the epoch; `settings`, `grant`, `result`, `warnings` and the like are JSON.
    private static let runs = """
        CREATE TABLE cursor (
            job TEXT PRIMARY KEY,
            accounted_until INTEGER NOT NULL,
            schedules TEXT NOT NULL,
            timezone TEXT
        );
        CREATE TABLE run (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            job TEXT NOT NULL,
            "trigger" TEXT NOT NULL,
            fire_time INTEGER NOT NULL,
            state TEXT NOT NULL,
            outcome TEXT,
            reason TEXT,
            version TEXT NOT NULL,
            settings TEXT NOT NULL,
            "grant" TEXT NOT NULL,
            claimed INTEGER NOT NULL,
            started INTEGER,
            finished INTEGER,
            not_before INTEGER,
            attempts INTEGER NOT NULL,
            cuts INTEGER NOT NULL
        );
        CREATE UNIQUE INDEX run_fire_time ON run (job, fire_time) WHERE "trigger" = 'schedule';
        CREATE INDEX run_job ON run (job);
        CREATE INDEX run_outcome ON run (outcome, job);
        CREATE INDEX run_open ON run (id) WHERE state <> 'ended';
        CREATE INDEX run_finished ON run (finished) WHERE state = 'ended';
        CREATE INDEX run_version ON run (version);
        CREATE TABLE attempt (
            run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            started INTEGER NOT NULL,
            finished INTEGER,
            outcome TEXT,
            reason TEXT,
            error TEXT,
            result TEXT NOT NULL,
            warnings TEXT NOT NULL,
            cpu_seconds REAL NOT NULL,
            max_rss_bytes INTEGER NOT NULL,
            user TEXT NOT NULL,
            sandbox TEXT NOT NULL,
            limits_hit TEXT NOT NULL,
            refusals TEXT NOT NULL,
            pid INTEGER,
            pid_start INTEGER,
            unkillable INTEGER,
            PRIMARY KEY (run, number)
        );
        CREATE TABLE missed (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            job TEXT NOT NULL,
            "from" INTEGER NOT NULL,
            "to" INTEGER NOT NULL,
            kind TEXT NOT NULL,
            count INTEGER NOT NULL,
            reason TEXT NOT NULL
        );
        CREATE INDEX missed_job ON missed (job, "to");
        CREATE INDEX missed_to ON missed ("to");
        CREATE TABLE version (
            hash TEXT NOT NULL,
            name TEXT NOT NULL,
            text BLOB NOT NULL,
            PRIMARY KEY (hash, name)
        );
        CREATE TABLE state (
            job TEXT NOT NULL,
            key TEXT NOT NULL,
            value BLOB NOT NULL,
            PRIMARY KEY (job, key)
        );
        """

    /// What alerting has heard of, its alerts and messages; and what jobs measure. What ended before is not told of.
    private static let alerts = """
        ALTER TABLE run ADD COLUMN heard INTEGER NOT NULL DEFAULT 0;
        UPDATE run SET heard = 1 WHERE state = 'ended';
        CREATE INDEX run_unheard ON run (id) WHERE state = 'ended' AND heard = 0;
        ALTER TABLE missed ADD COLUMN heard INTEGER NOT NULL DEFAULT 0;
        UPDATE missed SET heard = 1;
        CREATE INDEX missed_unheard ON missed (id) WHERE heard = 0;
        CREATE TABLE alert (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            job TEXT NOT NULL,
            key TEXT NOT NULL,
            origin TEXT NOT NULL,
            state TEXT NOT NULL,
            severity TEXT NOT NULL,
            summary TEXT NOT NULL,
            fields TEXT NOT NULL,
            since INTEGER NOT NULL,
            fired INTEGER,
            resolved INTEGER,
            reason TEXT,
            runs INTEGER NOT NULL,
            earlier_runs INTEGER NOT NULL,
            last_run INTEGER NOT NULL,
            silent_runs INTEGER NOT NULL,
            notified INTEGER,
            acknowledged INTEGER,
            acknowledged_by TEXT
        );
        CREATE UNIQUE INDEX alert_open ON alert (job, key) WHERE state <> 'resolved';
        CREATE INDEX alert_resolved ON alert (resolved) WHERE state = 'resolved';
        CREATE TABLE silence (
            name TEXT PRIMARY KEY,
            until INTEGER NOT NULL,
            by TEXT NOT NULL
        );
        CREATE TABLE outbox (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            channel TEXT NOT NULL,
            event TEXT NOT NULL,
            alert TEXT NOT NULL,
            created INTEGER NOT NULL,
            state TEXT NOT NULL,
            attempts INTEGER NOT NULL,
            error TEXT,
            finished INTEGER
        );
        CREATE INDEX outbox_waiting ON outbox (channel, id) WHERE state = 'waiting';
        CREATE INDEX outbox_finished ON outbox (finished) WHERE state <> 'waiting';
        CREATE TABLE series (
            id INTEGER PRIMARY KEY,
            job TEXT NOT NULL,
            name TEXT NOT NULL,
            labels TEXT NOT NULL,
            kind TEXT NOT NULL,
            UNIQUE (job, name, labels, kind)
        );
        CREATE TABLE sample (
            series INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
            span INTEGER NOT NULL,
            time INTEGER NOT NULL,
            count INTEGER NOT NULL,
            sum REAL NOT NULL,
            least REAL NOT NULL,
            greatest REAL NOT NULL,
            last REAL NOT NULL,
            PRIMARY KEY (series, span, time)
        ) WITHOUT ROWID;
        CREATE INDEX sample_time ON sample (span, time);
        """
}
