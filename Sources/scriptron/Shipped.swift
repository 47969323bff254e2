import Scriptron

/// The files that the binary carries: a copy of those at the root of the repository.
enum Shipped {
    /// Their paths in a working directory, and their bytes.
    static var files: [(path: Path, bytes: [UInt8])] {
        [
            ("scriptron.lua", PackageResources.scriptron_lua),
            ("jobs/backup.lua", PackageResources.backup_lua),
            ("jobs/restore.lua", PackageResources.restore_lua),
            ("jobs/health.lua", PackageResources.health_lua),
            ("jobs/sweep.lua", PackageResources.sweep_lua),
            ("jobs/retry.lua", PackageResources.retry_lua),
            ("jobs/rotate.lua", PackageResources.rotate_lua),
            ("jobs/backup_spec.lua", PackageResources.backup_spec_lua),
            ("jobs/health_spec.lua", PackageResources.health_spec_lua),
            ("jobs/sweep_spec.lua", PackageResources.sweep_spec_lua),
            ("jobs/retry_spec.lua", PackageResources.retry_spec_lua),
            ("jobs/rotate_spec.lua", PackageResources.rotate_spec_lua),
            ("jobs/lib/backoff.lua", PackageResources.backoff_lua),
            ("jobs/lib/breaker.lua", PackageResources.breaker_lua),
            ("jobs/lib/delivery.lua", PackageResources.delivery_lua),
            ("jobs/lib/endpoints.lua", PackageResources.endpoints_lua),
            ("jobs/lib/spool.lua", PackageResources.spool_lua),
            ("jobs/lib/ages.lua", PackageResources.ages_lua),
            ("jobs/lib/disks.lua", PackageResources.disks_lua),
            ("jobs/lib/servers.lua", PackageResources.servers_lua),
            ("jobs/lib/backups.lua", PackageResources.backups_lua),
            ("jobs/lib/backup_bucket.lua", PackageResources.backup_bucket_lua),
            ("jobs/lib/backup_directory.lua", PackageResources.backup_directory_lua),
            ("jobs/lib/backup_proof.lua", PackageResources.backup_proof_lua),
            ("jobs/lib/backup_sources.lua", PackageResources.backup_sources_lua),
            ("jobs/lib/backup_targets.lua", PackageResources.backup_targets_lua),
            ("jobs/lib/retention.lua", PackageResources.retention_lua),
            ("jobs/lib/clock.lua", PackageResources.clock_lua),
            ("jobs/lib/format.lua", PackageResources.format_lua),
            ("jobs/lib/generations.lua", PackageResources.generations_lua),
            ("jobs/lib/logfiles.lua", PackageResources.logfiles_lua),
            ("jobs/lib/packing.lua", PackageResources.packing_lua),
            ("jobs/lib/purging.lua", PackageResources.purging_lua),
            ("jobs/lib/rotating.lua", PackageResources.rotating_lua),
            ("jobs/lib/rotation_report.lua", PackageResources.rotation_report_lua),
            ("jobs/lib/threshold.lua", PackageResources.threshold_lua),
            ("jobs/lib/vitals.lua", PackageResources.vitals_lua),
        ]
    }
}
