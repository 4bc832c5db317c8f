"""An interpreter that has imported a model's libraries and no model. Each replica is a fork of it, shut in before it
loads anything. Started as `python -I zygote.py '{"preload": [...], "network": "none"}'` with a socket as descriptor 3,
or as the one that `control` names.

It ends when that socket ends; what it forked ends with it.
"""

import importlib
import json
import os
import select
import signal
import socket
import sys
import time

CONTROL = 3


def main():
    settings = json.loads(sys.argv[1])
    # Our own modules, found beside this file; the place is forgotten again, so that it shadows nothing of a model's.
    parent = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    sys.path.insert(0, parent)
    from scoring_worker import batches, channel, compiling, equality, forests, jail, predictor, raw, worker  # noqa: F401

    sys.path.remove(parent)
    network = jail.enter_own_network(settings["network"])
    jail.adopt_orphans()
    began = time.monotonic()
    modules = preload(settings["preload"])
    control = channel.Channel(socket.socket(fileno=settings.get("control", CONTROL)))
    control.send_json(
        channel.READY,
        {
            "importMs": round((time.monotonic() - began) * 1000),
            "modules": modules,
            "python": "%d.%d.%d" % sys.version_info[:3],
            "pid": os.getpid(),
        },
    )
    Zygote(control, channel, jail, worker, network).run()


def preload(names):
    """Imports what is there. What is not is no error: an environment holds what its model asked for."""
    import gc

    loaded = []
    for name in names:
        try:
            importlib.import_module(name)
            loaded.append(name)
        except Exception as failure:  # A broken package must not take those models with it that do without.
            if not isinstance(failure, ModuleNotFoundError):
                print("%s cannot be imported: %r" % (name, failure), file=sys.stderr)
    gc.collect()
    gc.freeze()
    return loaded


class Zygote:
    def __init__(self, control, channel, jail, worker, network):
        self.control, self.channel, self.jail, self.worker = control, channel, jail, worker
        self.network = network
        self.children = {}  # pid -> (token, the read end of the pipe that tells how it ended)
        self.wake_read, wake_write = os.pipe()
        os.set_blocking(self.wake_read, False)
        os.set_blocking(wake_write, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)

    def run(self):
        while True:
            ready, _, _ = select.select([self.control.sock, self.wake_read], [], [])
            if self.wake_read in ready:
                os.read(self.wake_read, 4096)
                self.report_ended()
            if self.control.sock in ready:
                try:
                    frame = self.control.receive()
                except OSError:
                    # The server has ended without a word.
                    frame = None
                if frame is None or frame.type == self.channel.END:
                    self.end()
                if frame.type == self.channel.FORK:
                    self.fork(frame)
                elif frame.type == self.channel.KILL:
                    self.kill(frame.json()["token"])

    def fork(self, frame):
        request = frame.json()
        status_read, status_write = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        pid, own_processes = self.jail.fork_into_own_processes()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.close(status_read)
            try:
                self.worker.start(request, status_write, own_processes, self.network)
            finally:
                os._exit(70)
        os.close(status_write)
        self.children[pid] = (request["token"], status_read)
        self.control.send_json(self.channel.FORKED, {"token": request["token"], "pid": pid}, id=frame.id)

    def kill(self, token):
        # A number is that of its child until it has been waited for, which happens here alone.
        for pid, (known, _) in self.children.items():
            if known == token:
                os.kill(pid, signal.SIGKILL)

    def end(self):
        for pid in self.children:
            os.kill(pid, signal.SIGKILL)
        for pid in self.children:
            os.waitpid(pid, 0)
        self.kill_orphans()
        os._exit(0)

    def kill_orphans(self):
        """What a replica without a process namespace left behind falls to this process."""
        for _ in range(100):
            orphans = [pid for pid in self.worker.children_of(os.getpid()) if pid not in self.children]
            for pid in orphans:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            if not orphans:
                return

    def report_ended(self):
        while self.children:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid not in self.children:
                continue
            self.kill_orphans()
            token, status_read = self.children.pop(pid)
            # The init of the replica writes how the replica itself ended, unless it was killed first.
            told = os.read(status_read, 16)
            os.close(status_read)
            status = int(told) if told else status
            self.control.send_json(
                self.channel.EXITED,
                {
                    "token": token,
                    "status": os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
                    "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else None,
                    "cpuMs": round((usage.ru_utime + usage.ru_stime) * 1000),
                    "maxMemoryBytes": usage.ru_maxrss * 1024,
                },
            )


if __name__ == "__main__":
    main()
