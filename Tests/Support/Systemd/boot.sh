#!/bin/bash
# Runs a systemd of its own as the first process of private namespaces: boot.sh UNITS, inside of
# unshare --pid --fork --kill-child --mount --uts --ipc --net --cgroup. UNITS is a directory with its units, of which
# probe.target is started. What it mounts and runs ends with it.
set -eu
mount --make-rprivate /
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /sys/fs/cgroup
# The hybrid layout where the machine's controllers are of version 1, else the unified one.
mkdir -p /sys/fs/cgroup/systemd /sys/fs/cgroup/unified
if mount -t cgroup -o none,name=systemd,xattr cgroup /sys/fs/cgroup/systemd 2>/dev/null ||
    mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd 2>/dev/null; then
    mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified || true
else
    umount /sys/fs/cgroup
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
fi
export container=test SYSTEMD_UNIT_PATH=$1
exec /lib/systemd/systemd --system --unit=probe.target --log-target=console --show-status=no
