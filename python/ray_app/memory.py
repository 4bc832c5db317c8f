"""What processes of this node take, as /proc tells."""

import os

PAGE = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")


def descendants(pid):
    """The process and all that descend from it, as far as they can be seen."""
    tree = [pid]
    for member in tree:
        try:
            for task in os.listdir("/proc/%d/task" % member):
                with open("/proc/%d/task/%s/children" % (member, task)) as file:
                    tree.extend(int(word) for word in file.read().split())
        except OSError:
            continue  # It has ended meanwhile.
    return tree


def taken_below(pid):
    """Bytes that the descendants of a process take, with what its own temporary folder holds in memory."""
    return sum(resident(member) for member in descendants(pid)[1:]) + temporary_bytes(pid)


def resident(pid):
    try:
        with open("/proc/%d/statm" % pid) as file:
            return int(file.read().split()[1]) * PAGE
    except (OSError, IndexError):
        return 0


def temporary_bytes(pid):
    try:
        with open("/proc/%d/mountinfo" % pid) as file:
            in_memory = any(line.split()[4] == "/tmp" and " - tmpfs " in line for line in file)
        if not in_memory:
            return 0
        facts = os.statvfs("/proc/%d/root/tmp" % pid)
        return (facts.f_blocks - facts.f_bfree) * facts.f_frsize
    except OSError:
        return 0


def cpu_ms(pid):
    """User and system time of a process and its descendants, ended ones included."""
    return sum(time_of(member) for member in descendants(pid))


def time_of(pid):
    try:
        with open("/proc/%d/stat" % pid) as file:
            fields = file.read().rpartition(")")[2].split()
        return round(sum(int(ticks) for ticks in fields[11:15]) * 1000 / TICKS)
    except (OSError, IndexError):
        return 0
