"""A recorded disk below a real file system: served by FUSE, attached to a loop device, mounted.

Nothing of it outlives the process, however that ends: the mounts are in a mount namespace of its
own, the loop device goes with its last user, and the server with the process that started it.
"""

import ctypes
import errno
import fcntl
import os
import re
import shutil
import struct
import subprocess
from contextlib import contextmanager
from pathlib import Path

MAKE = {  # file system -> program and options, Debian package, megabytes that it needs
    "ext4": (["mkfs.ext4", "-q", "-F"], "e2fsprogs", 64),
    "xfs": (["mkfs.xfs", "-q", "-f"], "xfsprogs", 300),
    "btrfs": (["mkfs.btrfs", "-q", "-f"], "btrfs-progs", 128),
}

# What an administrator would try on a disk that does not mount. None for xfs: what repairs it throws
# its journal away, and with that what was acknowledged.
REPAIR = {
    "ext4": ["e2fsck", "-f", "-y"],
    "btrfs": ["btrfs", "rescue", "super-recover", "-y"],
}

CLONE_NEWNS = 0x20000
MS_REC_PRIVATE = 0x4000 | 0x40000
LOOP_CTL_GET_FREE = 0x4C82
LOOP_CONFIGURE = 0x4C0A
LO_FLAGS_AUTOCLEAR = 4
LO_FLAGS_DIRECT_IO = 16
# struct loop_config: descriptor, block size, and of struct loop_info64 only the flags.
LOOP_CONFIG = struct.Struct("=II 40x 12xI 176x 64x")


class Unusable(Exception):
    """This machine can not do it; the text says what is missing."""


class Unmountable(Exception):
    """The file system refuses the disk; the text is what it said."""


def missing_on_this_machine(file_system):
    """What to say, or None."""
    program, package, _ = MAKE[file_system]
    if os.geteuid() != 0:
        return "only root can mount: run it as root"
    for device, module in (("/dev/fuse", "fuse"), ("/dev/loop-control", "loop")):
        if not os.path.exists(device):
            return f"there is no {device}: modprobe {module}, or another kernel"
    if not shutil.which(program[0]):
        return f"there is no {program[0]}: apt-get install {package} (contrib/install-deps --proof)"
    known = Path("/proc/filesystems").read_text(encoding="ascii").split()
    if file_system not in known and subprocess.run(["modprobe", "-q", file_system]).returncode:
        return f"this kernel has no {file_system}"
    return None


def leave_shared_mounts():
    """From now on what is mounted is seen by this process and its children only."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) or libc.mount(b"none", b"/", None, MS_REC_PRIVATE, None):
        raise Unusable(f"no mount namespace of its own: {os.strerror(ctypes.get_errno())}")


class RecordedDisk:
    def __init__(self, server, folder, megabytes, ignores_flushes):
        self._folder = folder / "disk"
        self._folder.mkdir()
        self.mount_point = folder / "mounted"
        self.mount_point.mkdir()
        options = ["--ignore-flushes"] if ignores_flushes else []
        self._server = subprocess.Popen(
            [server, self._folder, str(megabytes), *options], stdout=subprocess.PIPE)
        if self._server.stdout.readline() != b"mounted\n":
            self.close()
            raise Unusable("the recorded disk could not be mounted")

    @property
    def file(self):
        return self._folder / "disk"

    @property
    def control(self):
        return self._folder / "control"

    def command(self, *words):
        descriptor = os.open(self.control, os.O_WRONLY)
        try:
            os.write(descriptor, " ".join(map(str, words)).encode())
        finally:
            os.close(descriptor)

    def status(self):
        """The numbers of RecordedDisk::Status."""
        return tuple(map(int, self.control.read_text(encoding="ascii").split()))

    def position(self):
        return self.status()[1]

    @contextmanager
    def mounted(self, file_system, options):
        device = attach(self.file)
        try:
            mount(f"/dev/loop{device.number}", self.mount_point, file_system, options)
        finally:
            os.close(device.descriptor)  # the mount keeps it; without one it goes
        try:
            yield self.mount_point
        finally:
            subprocess.run(["umount", self.mount_point], check=True)

    def repair(self, file_system):
        subprocess.run([*REPAIR[file_system], self.file], stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def close(self):
        """Also when it was interrupted anywhere: then something may be mounted still."""
        unmount(self.mount_point)
        if not unmount(self._folder):
            self._server.kill()  # then nothing that is above it can work any more
            unmount(self._folder, "-l")
        self._server.wait()
        self._server.stdout.close()


class LoopDevice:
    def __init__(self, number, descriptor):
        self.number = number
        self.descriptor = descriptor


def attach(file):
    """A loop device that writes to the file without a cache, and passes flushes on; it is detached
    when nobody has it open any more."""
    backing = os.open(file, os.O_RDWR)
    control = os.open("/dev/loop-control", os.O_RDWR)
    config = LOOP_CONFIG.pack(backing, 0, LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO)
    try:
        while True:
            number = fcntl.ioctl(control, LOOP_CTL_GET_FREE)
            descriptor = os.open(f"/dev/loop{number}", os.O_RDWR)
            try:
                fcntl.ioctl(descriptor, LOOP_CONFIGURE, config)
                return LoopDevice(number, descriptor)
            except OSError as error:  # somebody else took it
                os.close(descriptor)
                if error.errno != errno.EBUSY:
                    raise
    finally:
        os.close(control)
        os.close(backing)


def unmount(folder, *options):
    """True if nothing is mounted there any more."""
    subprocess.run(["umount", *options, folder], stderr=subprocess.DEVNULL)
    return not os.path.ismount(folder)


def mount(device, folder, file_system, options):
    command = ["mount", "-t", file_system, *(["-o", options] if options else []), device, folder]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Unmountable(last_kernel_message(file_system) or done.stderr.strip())


def last_kernel_message(file_system):
    """What the file system said last, without time and device: the same cause, the same text."""
    messages = subprocess.run(["dmesg"], capture_output=True, text=True).stdout.splitlines()
    about = [line for line in messages if file_system in line.lower()]
    return re.sub(r"^\[[ \d.]+\] | ?\((?:device )?loop\d+[^)]*\)", "", about[-1]) if about else ""
