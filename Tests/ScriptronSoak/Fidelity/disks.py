"""Small disks of our own, in a mount namespace that ends with this process."""
import ctypes
import os

LIBC = ctypes.CDLL(None, use_errno=True)
NEW_MOUNTS, PRIVATE, RECURSIVE, DETACH = 0x20000, 1 << 18, 0x4000, 2
BLOCK = os.sysconf("SC_PAGE_SIZE")


def call(result):
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def prepare():
    """Whether disks can be mounted, where nobody else sees them."""
    if os.getuid() != 0:
        return False
    try:
        call(LIBC.unshare(NEW_MOUNTS))
        call(LIBC.mount(None, b"/", None, PRIVATE | RECURSIVE, None))
    except OSError:
        return False
    return True


def mount(path, size="32m"):
    call(LIBC.mount(b"disk", os.fsencode(path), b"tmpfs", 0, f"size={size},mode=755".encode()))


def unmount(path):
    call(LIBC.umount2(os.fsencode(path), DETACH))


def fill(path, left):
    """Takes all of the disk at `path` but so many blocks."""
    room = os.statvfs(path)
    size = (room.f_bfree - left) * room.f_frsize
    if size > 0:
        with open(os.path.join(path, "filler"), "xb") as file:
            os.posix_fallocate(file.fileno(), 0, size)
