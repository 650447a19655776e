"""Call what was packed in a Python that has cloudpickle and nothing of the notebook: neither its files nor ours."""

import json
import subprocess
import sys

_THERE = """
import asyncio, importlib.abc, inspect, json, pickle, sys

class Nothing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"kt_jupyter", "tests", "conftest"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Nothing())
function, args, kwargs = pickle.load(sys.stdin.buffer)
value = function(*args, **kwargs)
if inspect.iscoroutine(value):
    value = asyncio.run(value)
if inspect.isgenerator(value):
    value = list(value)
print(json.dumps(value))
"""


def call(payload):
    """Return what the call gives there, as JSON has it."""
    command = [sys.executable, "-I", "-c", _THERE]
    done = subprocess.run(command, check=False, input=payload, capture_output=True, timeout=30, cwd="/")
    if done.returncode:
        raise RuntimeError(done.stderr.decode())
    return json.loads(done.stdout)
