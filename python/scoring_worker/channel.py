"""Frames between the server and this process; the other side is server/src/processes/frames.ts.

A header of 16 bytes, little-endian, then the payload:
u32 length of the payload, u8 type, u8 flags, u16 zero, u32 id, u32 aux.
"""

import json
import struct

LOAD, PREDICT, DRAIN, PING, WARM = 0x01, 0x02, 0x03, 0x04, 0x05
FORK, END, KILL = 0x41, 0x42, 0x43
HELLO, LOADED, ANSWER, FAILED, PONG, EVENT = 0x81, 0x82, 0x83, 0x84, 0x85, 0x86
READY, FORKED, EXITED = 0xC0, 0xC1, 0xC2

PROTOCOL = 1
MAX_PAYLOAD = 256 * 1024 * 1024
HEADER = struct.Struct("<IBBHII")
# More pieces than this are joined before they are sent: the kernel takes 1024 at once.
MAX_PIECES = 512


class ProtocolError(Exception):
    pass


class Frame:
    __slots__ = ("type", "flags", "id", "aux", "payload")

    def __init__(self, type, flags, id, aux, payload):
        self.type, self.flags, self.id, self.aux, self.payload = type, flags, id, aux, payload

    def json(self):
        return json.loads(bytes(self.payload).decode("utf-8"))


class Channel:
    """Reads and writes whole frames on a blocking socket. One thread reads; writes are whole or the process ends."""

    def __init__(self, sock):
        self.sock = sock
        self._header = bytearray(HEADER.size)

    def receive(self):
        """The next frame, or None where the other side has ended."""
        if not self._fill(self._header):
            return None
        length, type, flags, zero, id, aux = HEADER.unpack(self._header)
        if length > MAX_PAYLOAD or zero != 0:
            raise ProtocolError("a header that is none")
        payload = bytearray(length)
        if not self._fill(payload):
            return None
        return Frame(type, flags, id, aux, payload)

    def send(self, type, pieces=(), id=0, aux=0, flags=0):
        """Sends a frame whose payload is the given bytes-like pieces, one after the other."""
        views = [memoryview(piece).cast("B") for piece in pieces if len(piece) > 0]
        if len(views) > MAX_PIECES:
            views = [memoryview(b"".join(views))]
        length = sum(view.nbytes for view in views)
        views.insert(0, memoryview(HEADER.pack(length, type, flags, 0, id & 0xFFFFFFFF, min(aux, 0xFFFFFFFF))))
        while views:
            sent = self.sock.sendmsg(views)
            while views and sent >= views[0].nbytes:
                sent -= views[0].nbytes
                views.pop(0)
            if sent:
                views[0] = views[0][sent:]

    def send_json(self, type, message, id=0, aux=0):
        self.send(type, [json.dumps(message).encode("utf-8")], id=id, aux=aux)

    def _fill(self, buffer):
        view = memoryview(buffer)
        filled, wanted = 0, len(buffer)
        while filled < wanted:
            count = self.sock.recv_into(view[filled:])
            if count == 0:
                if filled:
                    raise ProtocolError("the connection ended within a frame")
                return False
            filled += count
        return True
