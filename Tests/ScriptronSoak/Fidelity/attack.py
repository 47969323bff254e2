#!/usr/bin/env python3
"""What a program may do that says that it only reads: it tries whatever leaves a trace, and says how that ended.

Usage: attack.py ROOT PORT SOCKET ABSTRACT PID
"""
import ctypes
import fcntl
import os
import signal
import socket
import struct
import sys
import time

root, port, ear, abstract, victim = sys.argv[1:]
port, victim = int(port), int(victim)
libc = ctypes.CDLL(None, use_errno=True)


def at(name):
    return os.path.join(root, name)


def checked(result):
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def write(path, flags=os.O_WRONLY):
    descriptor = os.open(path, flags, 0o644)
    os.write(descriptor, b"x")
    os.close(descriptor)


def connect(family, address, kind=socket.SOCK_STREAM):
    with socket.socket(family, kind) as one:
        one.settimeout(2)
        one.connect(address)
        one.send(b"x")


def fork():
    # One that outlives the run would be seen among the processes.
    if os.fork() == 0:
        try:
            os.setsid()
            if os.fork() == 0:
                time.sleep(30)
        finally:
            os._exit(0)


def set_flags():
    # FS_IOC_SETFLAGS, FS_NODUMP_FL: what chattr does, which asks for no right to write.
    fcntl.ioctl(os.open(at("kept"), os.O_RDONLY), 0x40086602, struct.pack("l", 0x40))


def shared():
    number = checked(libc.shmget(0x5C41, 4096, 0o1666))
    return number


ATTEMPTS = {
    "write": lambda: write(at("kept")),
    "create": lambda: write(at("new"), os.O_WRONLY | os.O_CREAT),
    "truncate": lambda: os.truncate(at("kept"), 0),
    "open truncating": lambda: os.close(os.open(at("kept"), os.O_RDONLY | os.O_TRUNC)),
    "unlink": lambda: os.unlink(at("other")),
    "rename": lambda: os.rename(at("kept"), at("moved")),
    "link": lambda: os.link(at("kept"), at("linked")),
    "symlink": lambda: os.symlink("kept", at("soft")),
    "mkdir": lambda: os.mkdir(at("made")),
    "rmdir": lambda: os.rmdir(at("empty")),
    "mkfifo": lambda: os.mkfifo(at("pipe")),
    "mknod": lambda: os.mknod(at("node"), 0o600 | 0o020000, os.makedev(1, 3)),
    "chmod": lambda: os.chmod(at("kept"), 0o777),
    "chown": lambda: os.chown(at("kept"), 12345, 12345),
    "utime": lambda: os.utime(at("kept"), (1, 1)),
    "utime by link": lambda: os.utime(at("kept"), (1, 1), follow_symlinks=False),
    "chmod by descriptor": lambda: os.fchmod(os.open(at("kept"), os.O_RDONLY), 0o777),
    "utime by descriptor": lambda: os.utime(os.open(at("kept"), os.O_RDONLY), (1, 1)),
    "attributes by descriptor": lambda: os.setxattr(os.open(at("kept"), os.O_RDONLY), "user.planted", b"x"),
    "owner by descriptor": lambda: os.fchown(os.open(at("kept"), os.O_RDONLY), os.getuid(), os.getgid()),
    "flags by descriptor": set_flags,
    "setxattr": lambda: os.setxattr(at("kept"), "user.planted", b"x"),
    "bind in the tree": lambda: socket.socket(socket.AF_UNIX).bind(at("socket")),
    "tmp": lambda: write("/tmp/planted-by-a-dry-run", os.O_WRONLY | os.O_CREAT),
    "dev/shm": lambda: write("/dev/shm/planted-by-a-dry-run", os.O_WRONLY | os.O_CREAT),
    "shared memory": shared,
    "message queue": lambda: checked(libc.mq_open(b"/planted", os.O_CREAT | os.O_RDWR, 0o600, None)),
    "tcp": lambda: connect(socket.AF_INET, ("127.0.0.1", port)),
    "udp": lambda: connect(socket.AF_INET, ("127.0.0.1", port), socket.SOCK_DGRAM),
    "unix": lambda: connect(socket.AF_UNIX, ear),
    "abstract": lambda: connect(socket.AF_UNIX, "\0" + abstract),
    "listen": lambda: socket.create_server(("127.0.0.1", 0)),
    "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0),
    "raw": lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1),
    "kill": lambda: os.kill(victim, signal.SIGKILL),
    "signal all": lambda: os.kill(-1, signal.SIGCONT),
    "ptrace": lambda: checked(libc.ptrace(16, victim, 0, 0)),
    "pidfd": lambda: signal.pidfd_send_signal(os.pidfd_open(victim), signal.SIGKILL),
    "memory of another": lambda: write(f"/proc/{victim}/mem", os.O_RDWR),
    "oom score": lambda: write(f"/proc/{victim}/oom_score_adj"),
    "sysctl": lambda: write("/proc/sys/kernel/hostname"),
    "sysrq": lambda: write("/proc/sysrq-trigger"),
    "hostname": lambda: checked(libc.sethostname(b"planted", 7)),
    "clock": lambda: checked(libc.settimeofday(ctypes.byref((ctypes.c_long * 2)(1, 1)), None)),
    "mount": lambda: checked(libc.mount(b"x", root.encode(), b"tmpfs", 0, None)),
    "remount": lambda: checked(libc.mount(None, b"/", None, 32 | 4096, None)),
    "umount": lambda: checked(libc.umount2(b"/proc", 2)),
    "unshare": lambda: checked(libc.unshare(0x10000000)),
    "chroot": lambda: os.chroot(root),
    "setuid": lambda: os.setuid(12345 if os.getuid() == 0 else 0),
    "become root": lambda: checked(libc.setresuid(0, 0, 0)) if os.getuid() else checked(-1),
    "raise a limit": lambda: checked(libc.setpriority(0, victim, 5)),
    "scheduler": lambda: os.sched_setaffinity(victim, {0}),
    "keyring": lambda: checked(libc.syscall(248, b"user", b"planted", b"x", 1, -4)),
    "bpf": lambda: checked(libc.syscall(321, 0, 0, 0)),
    "fork": fork,
}
for name, attempt in ATTEMPTS.items():
    try:
        attempt()
        print(f"{name}: DONE")
    except Exception as problem:
        print(f"{name}: {problem}")
