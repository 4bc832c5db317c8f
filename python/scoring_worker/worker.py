"""A replica: the init of its process namespace, which waits, and the process that holds the model and answers."""

import os
import resource
import select
import signal
import socket
import sys
import time

from . import channel, compiling, jail, predictor


def start(request, status_write, own_processes, network):
    """Called in the fresh fork; never returns."""
    connections = {}
    for stream in ("out", "err", "channel"):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(request["socket"])
        connections[stream] = connection
    talk = channel.Channel(connections["channel"])
    for stream, descriptor in (("out", 1), ("err", 2)):
        channel.Channel(connections[stream]).send_json(channel.HELLO, {"token": request["token"], "stream": stream})
        os.dup2(connections[stream].fileno(), descriptor)
        connections[stream].close()
    kept = {0, 1, 2, talk.sock.fileno(), status_write}
    for descriptor in range(3, max(kept) + 64):
        if descriptor not in kept:
            try:
                os.close(descriptor)
            except OSError:
                pass  # It was not open.
    if request["nice"]:
        os.nice(request["nice"])
    if not own_processes:
        jail.adopt_orphans()
    # Whoever started this may end at any time, also before the next line.
    jail.die_with_parent()
    try:
        readable = own_folders() + request["jail"]["readable"] + ([] if "no network" in network else ["/etc/resolv.conf"])
        settings = dict(request["jail"], readable=readable, ownNamespace="own user namespace" in network)
        isolation, model = jail.enter(settings, own_processes)
    except (jail.JailError, OSError) as failure:
        talk.send_json(
            channel.FAILED,
            {"token": request["token"], "at": "load", "message": str(failure)},
        )
        os._exit(71)
    # The change of user has undone it.
    jail.die_with_parent()
    if not is_read(status_write):
        os._exit(72)
    alive_read, alive_write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(alive_write)
        os.close(status_write)
        jail.die_with_parent()
        if select.select([alive_read], [], [], 0)[0]:
            os._exit(72)
        os.close(alive_read)
        serve(talk, request, network + isolation, model)
        os._exit(0)
    os.close(alive_read)
    talk.sock.close()
    for descriptor in (1, 2):
        os.close(descriptor)
    wait_for(child, status_write, own_processes)


def own_folders():
    """Where this interpreter and its packages lie."""
    folders = {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}
    return sorted(folder for folder in folders if folder != "/")


def is_read(pipe):
    """Whether the other end of this pipe, which the interpreter holds, is still open."""
    poll = select.poll()
    poll.register(pipe, 0)
    return not poll.poll(0)


def wait_for(child, status_write, own_processes):
    """Takes up every process that ends here until the replica has, then tells how that was."""
    while True:
        pid, status = os.wait()
        if pid == child:
            os.write(status_write, b"%d" % status)
            if not own_processes:
                kill_descendants()
            # With a namespace of its own the system ends all that is left.
            os._exit(0)


def kill_descendants():
    """What the replica left behind has become a child of this process."""
    for _ in range(100):
        children = children_of(os.getpid())
        if not children:
            return
        for pid in children:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def children_of(pid):
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def serve(talk, request, isolation, model):
    talk.send_json(
        channel.HELLO,
        {
            "protocol": [channel.PROTOCOL],
            "token": request["token"],
            "stream": "channel",
            "pid": os.getpid(),
            "python": "%d.%d.%d" % sys.version_info[:3],
            "isolation": isolation,
        },
    )
    reseed()
    loaded = None
    while True:
        frame = talk.receive()
        if frame is None or frame.type == channel.DRAIN:
            leave()
        if frame.type == channel.PING:
            talk.send_json(channel.PONG, usage(), id=frame.id)
        elif frame.type == channel.LOAD:
            loaded = load(talk, frame, model)
        elif frame.type in (channel.PREDICT, channel.WARM):
            answer(talk, frame, loaded)
        else:
            raise channel.ProtocolError("an unknown frame type %d" % frame.type)


def leave():
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads and handlers of a model must not hold up the end.
    os._exit(0)


def load(talk, frame, model):
    options = frame.json()
    began = time.monotonic()
    try:
        os.environ.update(options["variables"])
        compiles = options.get("compiler") is not None
        loaded = compiling.Compiler(model, options) if compiles else predictor.load(model, options)
    except BaseException as failure:
        if isinstance(failure, MemoryError):
            failure.args = failure.args or ("out of memory",)
        fail(talk, frame, predictor.Failure("load", failure))
        leave()
    report = loaded.report()
    report["loadMs"] = round((time.monotonic() - began) * 1000)
    report["memoryBytes"] = usage()["memoryBytes"]
    talk.send_json(channel.LOADED, report, id=frame.id)
    return loaded


def answer(talk, frame, loaded):
    try:
        reply = loaded.answer(frame.payload)
    except predictor.Failure as failure:
        fail(talk, frame, failure)
        return
    if reply.event is not None:
        talk.send_json(channel.EVENT, {"kind": reply.event[0], "text": reply.event[1]})
    talk.send(channel.ANSWER, reply.pieces, id=frame.id, aux=reply.model_micros)


def fail(talk, frame, failure):
    failure.print_traceback()
    talk.send_json(channel.FAILED, failure.message(), id=frame.id)


def usage():
    try:
        with open("/proc/self/statm") as file:
            memory = int(file.read().split()[1]) * resource.getpagesize()
    except OSError:
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    times = os.times()
    return {"memoryBytes": memory, "cpuMs": round((times[0] + times[1]) * 1000)}


def reseed():
    """Forks of one interpreter would all draw the same numbers."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and hasattr(numpy, "random"):
        numpy.random.seed()
