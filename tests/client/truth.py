"""The truth about a set of objects, told by list and watch, with a fault in each telling that a test wants one in."""

import itertools
import json

from tests.client.scripted import Answer, Hold, failure


class Truth:
    """Objects with a history, served by list and watch, each answer with the next fault of a list."""

    def __init__(self):
        self.version = 10
        self.objects = {}
        self.history = []  # (version, event)
        self.uids = itertools.count()
        self.oldest = 0  # watches from before this version get 410
        self.faults = iter(())
        self.holds = []

    def put(self, name):
        self.version += 1
        known = self.objects.get(name)
        uid = known["metadata"]["uid"] if known else f"uid-{next(self.uids)}"
        metadata = {"name": name, "namespace": "n", "uid": uid, "resourceVersion": str(self.version)}
        item = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata}
        self.objects[name] = item
        self.history.append((self.version, {"type": "MODIFIED" if known else "ADDED", "object": item}))

    def drop(self, name):
        item = self.objects.pop(name, None)
        if item is None:
            return
        self.version += 1
        gone = {"metadata": {**item["metadata"], "resourceVersion": str(self.version)}}
        self.history.append((self.version, {"type": "DELETED", "object": gone}))

    def __call__(self, seen):
        if "watch" not in seen.query:
            items = [json.loads(json.dumps(item)) for item in self.objects.values()]
            return Answer({"items": items, "metadata": {"resourceVersion": str(self.version)}})
        fault = next(self.faults, None)  # changes the truth, too
        since = int(seen.query["resourceVersion"])
        lines = [line(event) for version, event in self.history if version > since]
        if since < self.oldest:
            return too_old()
        if fault:
            return fault(lines, self)
        self.holds.append(Hold())
        return Answer(parts=[*lines, self.holds[-1]])


def line(event):
    return json.dumps(event).encode() + b"\n"


def bookmark(version):
    return line({"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": str(version)}}})


def error(code, reason):
    status = failure(code, reason, "too old resource version: 1 (2)").body
    return line({"type": "ERROR", "object": status})


def too_old():
    return Answer(parts=[error(410, "Expired")])


def kick(truth):
    """End the streams that are open, in good order."""
    for hold in truth.holds:
        hold.until.set()
