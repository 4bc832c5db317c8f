"""Copies of models on this node, by digest. They come from the server in pieces, and are whole or not there."""

import hashlib
import os
import shutil
import time
import uuid

# One that was used in this time may be in use by another slot of the node.
KEEP_SECONDS = 3600


class ModelFiles:
    def __init__(self, folder, most_bytes):
        self.folder, self.most_bytes = folder, most_bytes
        self.drafts = {}
        os.makedirs(folder, exist_ok=True)

    def find(self, digest):
        """The folder of the whole copy, or None."""
        folder = os.path.join(self.folder, checked(digest))
        if not os.path.isdir(folder):
            return None
        os.utime(folder)
        return folder

    def begin(self, digest, files):
        """`files`: path, sizeBytes and sha256 of each. What was begun before under this digest is thrown away."""
        self.forget(checked(digest))
        draft = os.path.join(self.folder, ".draft-" + uuid.uuid4().hex)
        os.makedirs(draft)
        for file in files:
            target = inside(draft, file["path"])
            os.makedirs(os.path.dirname(target), exist_ok=True)
            open(target, "wb").close()
        self.drafts[digest] = (draft, files)

    def write(self, digest, index, offset, piece):
        draft, files = self.drafts[digest]
        with open(inside(draft, files[index]["path"]), "r+b") as file:
            file.seek(offset)
            file.write(piece)

    def complete(self, digest):
        """@raises ValueError naming the file that is not what was announced"""
        draft, files = self.drafts.pop(digest)
        try:
            for file in files:
                if sha256_of(inside(draft, file["path"])) != file["sha256"]:
                    raise ValueError("The file %s did not arrive as it was sent." % file["path"])
            try:
                os.rename(draft, os.path.join(self.folder, digest))
            except OSError:
                # Another slot of this node was quicker.
                if self.find(digest) is None:
                    raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        self.collect(digest)

    def forget(self, digest):
        draft = self.drafts.pop(digest, None)
        if draft is not None:
            shutil.rmtree(draft[0], ignore_errors=True)

    def collect(self, kept):
        """Removes the longest unused until the rest is within the bound."""
        copies = []
        for name in os.listdir(self.folder):
            path = os.path.join(self.folder, name)
            copies.append((os.stat(path).st_mtime, name, size_of(path)))
        total = sum(size for _, _, size in copies)
        for used, name, size in sorted(copies):
            if total <= self.most_bytes or time.time() - used < KEEP_SECONDS:
                return
            if name != kept:
                shutil.rmtree(os.path.join(self.folder, name), ignore_errors=True)
                total -= size


def checked(digest):
    if not digest or not all(character.isalnum() or character in "-_" for character in digest):
        raise ValueError("no digest")
    return digest


def inside(folder, path):
    target = os.path.normpath(os.path.join(folder, path))
    if not target.startswith(folder + os.sep):
        raise ValueError("a path outside of the model")
    return target


def sha256_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            digest.update(piece)
    return digest.hexdigest()


def size_of(folder):
    return sum(
        os.lstat(os.path.join(parent, name)).st_size for parent, _, names in os.walk(folder) for name in names
    )
