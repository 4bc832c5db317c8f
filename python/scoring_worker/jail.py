"""Shuts this process in before it reads a byte of a model. Standard library only, Linux system calls by ctypes.

Each step says what it did; what cannot be had is left out where the server allows it ('auto') and named in `report`.
The order matters: mounts need rights that the change of user takes away, and the filter comes last because it forbids
what the steps before it need.
"""

import ctypes
import os
import platform
import resource
import struct
import sys

_libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 1, 2, 4, 8, 32
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
MNT_DETACH = 2
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_CAPBSET_DROP = 1, 4, 22, 24
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 36, 38
SIGKILL = 9

# Numbers of system calls: x86_64, aarch64.
_NUMBERS = {
    "pivot_root": (155, 41), "capset": (126, 91), "mount_setattr": (442, 442), "clone": (56, 220), "clone3": (435, 435),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kexec_load": (246, 104),
    "kexec_file_load": (320, 294), "bpf": (321, 280), "keyctl": (250, 219), "add_key": (248, 217),
    "request_key": (249, 218), "mount": (165, 40), "umount2": (166, 39), "unshare": (272, 97), "setns": (308, 268),
    "open_by_handle_at": (304, 265), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "chroot": (161, 51),
    "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fspick": (433, 433), "io_uring_setup": (425, 425), "init_module": (175, 105),
    "finit_module": (313, 273), "delete_module": (176, 106), "acct": (163, 89), "swapon": (167, 224),
    "swapoff": (168, 225), "reboot": (169, 142),
}
_FORBIDDEN = [
    "ptrace", "process_vm_readv", "process_vm_writev", "kexec_load", "kexec_file_load", "bpf", "keyctl", "add_key",
    "request_key", "mount", "umount2", "pivot_root", "unshare", "setns", "open_by_handle_at", "perf_event_open",
    "userfaultfd", "chroot", "open_tree", "move_mount", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr",
    "io_uring_setup", "init_module", "finit_module", "delete_module", "acct", "swapon", "swapoff", "reboot",
]  # fmt: skip
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}


class JailError(Exception):
    """A step that was demanded cannot be done here."""


def _check(result, what):
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, "%s: %s" % (what, os.strerror(code)))
    return result


def _number(name):
    column, _ = _ARCHITECTURES[platform.machine()]
    return _NUMBERS[name][column]


def _mount(source, target, kind, flags, data=None):
    encode = lambda text: None if text is None else os.fsencode(text)
    _check(
        _libc.mount(encode(source), encode(target), encode(kind), ctypes.c_ulong(flags), encode(data)),
        "mount %s" % target,
    )


def unshare(flags):
    _check(_libc.unshare(flags), "unshare")


def prctl(option, value=0):
    _check(_libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0), "prctl %d" % option)


def enter_own_network(network):
    """Done once in the interpreter that is forked, while it has one thread. Returns what was done.

    Without root's rights a user namespace comes first: in it this process may make the others.
    """
    done = []
    if not sys.platform.startswith("linux"):
        return done
    try:
        if os.geteuid() != 0:
            user, group = os.geteuid(), os.getegid()
            unshare(CLONE_NEWUSER)
            for name, text in (("setgroups", "deny"), ("uid_map", "%d %d 1" % (user, user)), ("gid_map", "%d %d 1" % (group, group))):
                with open("/proc/self/" + name, "w") as file:
                    file.write(text)
            done.append("own user namespace")
        if network == "none":
            unshare(CLONE_NEWNET)
            _raise_loopback()
            done.append("no network")
    except OSError:
        # What is missing is seen by the server in what the replica reports.
        pass
    return done


def _raise_loopback():
    import fcntl
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        request = struct.pack("16sH14s", b"lo", 0x1 | 0x40, b"")  # IFF_UP | IFF_RUNNING
        fcntl.ioctl(handle.fileno(), 0x8914, request)  # SIOCSIFFLAGS


def fork_into_own_processes():
    """As os.fork, into a pid namespace of its own where that can be had: (pid, whether it has one).

    The caller must be one who adopts orphans.
    """
    if not sys.platform.startswith("linux"):
        return os.fork(), False
    try:
        own = os.open("/proc/self/ns/pid", os.O_RDONLY)
    except OSError:
        return os.fork(), False
    try:
        # Only the next child goes to the new namespace: this process must be able to come back from it.
        _check(_libc.setns(own, CLONE_NEWPID), "setns")
        unshare(CLONE_NEWPID)
        pid = os.fork()
        if pid != 0:
            _check(_libc.setns(own, CLONE_NEWPID), "setns")
        return pid, True
    except OSError:
        return fork_through_another()
    finally:
        os.close(own)


def fork_through_another():
    """Whoever made no namespace of its own may not come back to it. So another process goes there, forks, and ends."""
    pid_read, pid_write = os.pipe()
    end_read, end_write = os.pipe()
    between = os.fork()
    if between == 0:
        try:
            unshare(CLONE_NEWPID)
        except OSError:
            os._exit(1)
        pid = os.fork()
        if pid != 0:
            os.write(pid_write, b"%d" % pid)
            os._exit(0)
        os.close(end_write)
        os.close(pid_write)
        # Its parent from then on is whoever adopted it.
        os.read(end_read, 1)
        os.close(end_read)
        os.close(pid_read)
        return 0, True
    os.close(pid_write)
    os.close(end_write)
    told = os.read(pid_read, 16)
    os.waitpid(between, 0)
    os.close(pid_read)
    os.close(end_read)
    return (int(told), True) if told else (os.fork(), False)


def die_with_parent():
    if sys.platform.startswith("linux"):
        prctl(PR_SET_PDEATHSIG, SIGKILL)


def adopt_orphans():
    if sys.platform.startswith("linux"):
        prctl(PR_SET_CHILD_SUBREAPER, 1)


def enter(settings, own_processes):
    """Shuts the process in as the settings say and returns the steps that were done.

    Settings: `isolation` 'require' | 'auto' | 'off', `model` (folder), `root` (an empty folder to build the new root in),
    `user` (number, for root only), `ownNamespace` (whether users are its own), `readable` (folders), `limits`. The model is found under the returned path.
    """
    done, model = [], settings["model"]
    # What is built here must be open to another user; what the model makes need not.
    os.umask(0o022)
    limits = settings["limits"]
    _prefer_for_oom()
    linux = sys.platform.startswith("linux")
    if linux:
        prctl(PR_SET_NO_NEW_PRIVS, 1)
    if settings["isolation"] != "off" and linux:
        try:
            if not own_processes:
                raise OSError(1, "no pid namespace")
            unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS)
            _build_root(settings, limits)
            done += ["own files", "own processes"]
            model = "/model"
        except OSError as failure:
            if settings["isolation"] == "require":
                raise JailError("A process cannot be shut in here: %s." % failure)
    if settings.get("user") is not None and os.geteuid() == 0 and settings["isolation"] != "off":
        if model == "/model" or _readable_by(settings["user"], [model] + settings["readable"]):
            _change_user(settings["user"])
            done.append("own user")
    elif linux and settings["isolation"] != "off":
        _drop_capabilities()
    _limit(limits, "own user" in done or settings["ownNamespace"])
    if linux and settings["isolation"] != "off" and platform.machine() in _ARCHITECTURES:
        try:
            _filter_calls()
            done.append("filtered system calls")
        except OSError:
            if settings["isolation"] == "require":
                raise JailError("System calls cannot be filtered here.")
    os.umask(0o077)
    return done, model


def _prefer_for_oom():
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        pass  # No /proc, or not Linux: nothing is lost but the preference.


def _build_root(settings, limits):
    root = settings["root"]
    _mount("none", "/", None, MS_REC | MS_PRIVATE)
    _mount("slipway", root, "tmpfs", MS_NOSUID | MS_NODEV, "size=8m,mode=755")
    for name in ("proc", "tmp", "dev", "etc", "model"):
        os.mkdir(os.path.join(root, name), 0o755)
    # Before what is shown: some of it may lie below.
    temporary = os.path.join(root, "tmp")
    _mount("tmp", temporary, "tmpfs", MS_NOSUID | MS_NODEV, "size=%d,mode=1777" % limits["temporaryBytes"])
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        path = "/" + name
        if os.path.islink(path):
            os.symlink(os.readlink(path), root + path)
        elif os.path.isdir(path):
            _show(path, root)
    folders = ["/usr", "/etc/ssl", "/etc/ld.so.cache", "/etc/localtime", "/etc/alternatives"] + settings["readable"]
    shown = []
    for path in sorted(set(os.path.abspath(folder) for folder in folders)):
        inside = any(path == other or path.startswith(other + "/") for other in shown)
        if not inside and os.path.exists(path):
            _show(path, root)
            shown.append(path)
    _bind(settings["model"], os.path.join(root, "model"))
    for device in ("null", "zero", "full", "random", "urandom"):
        target = os.path.join(root, "dev", device)
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o666))
        _mount("/dev/" + device, target, None, MS_BIND)
    os.symlink("/tmp", os.path.join(root, "dev", "shm"))
    os.symlink("/proc/self/fd", os.path.join(root, "dev", "fd"))
    _write_accounts(root, settings)
    try:
        _mount("proc", os.path.join(root, "proc"), "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    except OSError:
        pass  # Some containers cover parts of /proc, and then refuse a whole one. It is not needed.
    os.chdir(root)
    _check(_libc.syscall(_number("pivot_root"), b".", b"."), "pivot_root")
    _check(_libc.umount2(b".", MNT_DETACH), "umount2")
    os.chdir("/")
    _mount("none", "/", None, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV)
    os.chdir("/tmp")


def _write_accounts(root, settings):
    user = settings.get("user")
    user = os.geteuid() if user is None else user
    for name, text in (
        ("passwd", "model:x:%d:%d::/tmp:/bin/false\n" % (user, user)),
        ("group", "model:x:%d:\n" % user),
        ("hosts", "127.0.0.1 localhost\n"),
        ("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"),
    ):
        with open(os.path.join(root, "etc", name), "w") as file:
            file.write(text)
        os.chmod(os.path.join(root, "etc", name), 0o644)


def _show(path, root):
    target = root + path
    parent = target if os.path.isdir(path) else os.path.dirname(target)
    os.makedirs(parent, exist_ok=True)
    if not os.path.isdir(path):
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
    _bind(path, target)


def _bind(source, target):
    _mount(source, target, None, MS_BIND | MS_REC)
    # struct mount_attr: attr_set, attr_clr, propagation, userns_fd; read-only, no set-uid, no devices.
    attributes = struct.pack("QQQQ", 1 | 2 | 4, 0, 0, 0)
    result = _libc.syscall(
        _number("mount_setattr"), AT_FDCWD, os.fsencode(target), AT_RECURSIVE, attributes, ctypes.c_size_t(len(attributes))
    )
    if result < 0:  # Kernels before 5.12 know the old way only, which does not reach mounts inside.
        _mount("none", target, None, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV)


def _readable_by(user, folders):
    """Whether another user could read these: tried in a child, because there is no way back."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgroups([])
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)
            if all(os.access(folder, os.R_OK | os.X_OK) for folder in folders):
                code = 0
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1] == 0


def _change_user(user):
    for capability in range(64):
        if _libc.prctl(PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0) < 0:
            break
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    # The change took it: without it a process cannot look at itself in /proc. Nobody else has this user.
    prctl(PR_SET_DUMPABLE, 1)


def _drop_capabilities():
    header = struct.pack("Ii", 0x20080522, 0)
    _check(_libc.syscall(_number("capset"), header, bytes(24)), "capset")


def _limit(limits, own_user):
    def set_limit(which, value):
        _, hard = resource.getrlimit(which)
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(which, (value, value))

    set_limit(resource.RLIMIT_CORE, 0)
    set_limit(resource.RLIMIT_NOFILE, limits["openFiles"])
    set_limit(resource.RLIMIT_FSIZE, limits["temporaryBytes"])
    # Counted by user: of one that others have too it would limit them.
    if own_user and hasattr(resource, "RLIMIT_NPROC"):
        set_limit(resource.RLIMIT_NPROC, limits["processes"])


def _filter_calls():
    """A seccomp filter: what no model needs and what would open the jail answers EPERM; clone3 answers ENOSYS, so that
    the C library takes clone, whose flags can be looked at."""
    column, architecture = _ARCHITECTURES[platform.machine()]
    load, jump_equal, jump_greater, jump_bits, answer = 0x20, 0x15, 0x35, 0x45, 0x06
    allow, refuse, unknown = 0x7FFF0000, 0x00050001, 0x00050026  # ERRNO | EPERM, ERRNO | ENOSYS
    program = [(load, 0, 0, 4), (jump_equal, 1, 0, architecture), (answer, 0, 0, refuse), (load, 0, 0, 0)]
    # The x32 calls of x86_64 would go around the numbers below.
    program += [(jump_greater, 0, 1, 0x40000000), (answer, 0, 0, refuse)]
    for name in _FORBIDDEN:
        program += [(jump_equal, 0, 1, _NUMBERS[name][column]), (answer, 0, 0, refuse)]
    program += [(jump_equal, 0, 1, _NUMBERS["clone3"][column]), (answer, 0, 0, unknown)]
    spaces = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | 0x02000000
    program += [(jump_equal, 0, 3, _NUMBERS["clone"][column]), (load, 0, 0, 16), (jump_bits, 0, 1, spaces), (answer, 0, 0, refuse)]
    program += [(answer, 0, 0, allow)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in program))
    # struct sock_fprog: the count, padding up to the pointer, the pointer.
    pointer = struct.pack("HxxxxxxQ", len(program), ctypes.addressof(code))
    buffer = ctypes.create_string_buffer(pointer)
    _check(_libc.prctl(PR_SET_SECCOMP, ctypes.c_ulong(2), buffer, 0, 0), "seccomp")
