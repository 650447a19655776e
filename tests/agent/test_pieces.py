"""The agent's parts that are pure, for any input; and how it is packed."""

import ast
import contextlib
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kt_jupyter.compute.agent import packing
from kt_jupyter.compute.agent.program import channel, output, raw, records, wire
from kt_jupyter.compute.agent.program.spool import Store

PROGRAM = Path(packing.__file__).with_name("program")
payloads = st.binary(max_size=300)


def pieces(data, cuts):
    """Cut bytes at the given places."""
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[start:end] for start, end in itertools.pairwise(places)]


frames = st.builds(
    wire.Frame,
    st.sampled_from([wire.JSON, wire.STREAM, wire.BLOB]),
    st.binary(min_size=16, max_size=16),
    st.integers(0, 2**64 - 1),
    payloads,
)
cuts = st.lists(st.integers(0, 10_000), max_size=20)


@given(st.lists(frames, max_size=6), cuts)
def test_frames_arrive_as_they_were_sent_however_they_are_cut(sent, cuts):
    data = b"".join(wire.encode(frame.type, frame.payload, frame.work, frame.position) for frame in sent)
    decoder = wire.Decoder()
    got = [frame for piece in pieces(data, cuts) for frame in decoder.feed(piece)]
    assert [
        frame._replace(payload=b"".join(frame.payload)) if frame.type == wire.BLOB else frame for frame in got
    ] == sent


@given(frames, st.integers(0), st.integers(1, 255))
def test_a_changed_byte_is_never_taken_for_a_frame(frame, place, change):
    data = bytearray(wire.encode(frame.type, frame.payload, frame.work, frame.position))
    data[place % len(data)] ^= change
    with contextlib.suppress(wire.Garbled):
        assert wire.Decoder().feed(bytes(data)) == []  # it may look like the beginning of a longer one


@given(st.lists(st.tuples(st.integers(1, 9), payloads), max_size=8), cuts, st.data())
def test_records_come_once_whatever_is_sent_twice(sent, cuts, data):
    stream = b"".join(records.encode(kind, payload) for kind, payload in sent)
    reader, got = records.Reader(), []
    for piece in pieces(stream, cuts):
        again = data.draw(st.integers(0, reader.position))
        got += reader.feed(again, stream[again : reader.position] + piece)
    assert [(record.kind, record.payload) for record in got] == sent
    assert [record.end for record in got] == list(
        itertools.accumulate(len(records.encode(kind, payload)) for kind, payload in sent)
    )


@given(st.lists(payloads, min_size=2, max_size=6), st.integers(0, 100))
def test_after_a_gap_records_begin_anew(sent, cut):
    encoded = [records.encode(records.STDOUT, payload) for payload in sent]
    reader = records.Reader()
    reader.feed(0, encoded[0][: cut % len(encoded[0])])
    start = sum(map(len, encoded[:-1]))
    assert [record.payload for record in reader.feed(start, encoded[-1])] == [sent[-1]]
    assert reader.position == start + len(encoded[-1])


@given(st.text(max_size=50), cuts)
def test_no_character_is_cut(text, cuts):
    rest, got = b"", ""
    for piece in pieces(text.encode("utf-8", "surrogatepass"), cuts):
        data = rest + piece
        whole = output.whole_characters(data)
        got += data[:whole].decode("utf-8", "surrogatepass")
        rest = data[whole:]
    assert got + rest.decode("utf-8", "surrogatepass") == text


@given(st.binary(max_size=20))
def test_bytes_that_are_no_text_are_held_back_for_three_at_most(data):
    assert 0 <= len(data) - output.whole_characters(data) <= 3


@given(st.lists(st.tuples(st.integers(1, 5), st.binary(max_size=3 * channel.PIECE)), max_size=5), cuts)
@settings(deadline=None)
def test_messages_arrive_whole_in_whatever_pieces(sent, cuts):
    read, write = os.pipe()
    try:
        speaker = channel.Speaker(write, b"")
        os.set_blocking(read, False)
        hearer, got = channel.Hearer(), []
        for kind, payload in sent:
            speaker.say(kind, payload)
            for piece in pieces(os.read(read, 1 << 20), cuts):
                got += hearer.feed(piece)
    finally:
        os.close(read)
        os.close(write)
    assert [(message.kind, message.payload) for message in got] == sent


def test_a_message_that_was_interrupted_is_dropped_and_the_others_arrive():
    read, write = os.pipe()
    speaker = channel.Speaker(write, b"")
    speaker.say(channel.RECORD, b"x" * 2 * channel.PIECE)
    whole = os.read(read, 1 << 20)
    begun = whole[: len(whole) // 2]
    speaker.say(channel.OUT, b"after")
    after = os.read(read, 1 << 20)
    os.close(read)
    os.close(write)
    size = channel.PIECE + (len(whole) - 2 * channel.PIECE) // 2  # its first piece
    assert begun == whole[:size]
    assert [message.payload for message in channel.Hearer().feed(begun + after)] == [b"after"]


@given(st.lists(st.one_of(payloads, st.none()), max_size=12))
def test_raw_output_stays_in_order_with_the_marks_in_it(written):
    """None stands for a mark, and for the message that names it."""
    read, write = os.pipe()
    got, begin, marks = [], raw.secret(), itertools.count(1)
    os.set_blocking(read, False)
    pipe = raw.Raw(read, begin, got.append)
    wanted, named = [b""], []
    for each in written:
        if each is None:
            named.append(next(marks))
            raw.mark(write, begin, named[-1])
            wanted.append(b"")
        else:
            os.write(write, each)
            wanted[-1] += each
    for number, text in zip(named, wanted, strict=False):
        pipe.up_to_mark(number)
        assert b"".join(got) == text
        got.clear()
    assert not pipe.over()
    os.close(write)
    pipe.rest()
    assert b"".join(got) == wanted[-1]
    assert pipe.over()
    os.close(read)


@given(st.lists(st.integers(1, 3 * 2**20), min_size=1, max_size=12))
@settings(deadline=None, max_examples=25)
def test_a_spool_gives_what_it_has_and_begins_where_a_record_does(sizes):
    with tempfile.TemporaryDirectory() as directory:
        store = Store(directory, 4 * 2**20)
        spool = store.spool("w")
        whole = b""
        for number, size in enumerate(sizes):
            record = records.encode(records.STDOUT, bytes([number]) * size)
            spool.append(record)
            whole += record
        assert spool.end == len(whole)
        position, got = spool.begin, b""
        while position < spool.end:
            at, data = spool.read(position, 100_000)
            assert at == position
            got += data
            position += len(data)
        assert got == whole[spool.begin :]
        assert spool.end - spool.begin <= 4 * 2**20 + max(sizes) + 10
        found = records.Reader(spool.begin).feed(spool.begin, got)
        assert found[-1].end == spool.end
        spool.close()
        assert not list(Path(directory).iterdir())


def test_a_spool_that_finds_the_disk_full_gives_up_its_oldest_part(tmp_path, monkeypatch):
    store = Store(str(tmp_path), 64 * 2**20)
    spool = store.spool("w")
    record = records.encode(records.STDOUT, b"x" * 2**20)
    spool.append(record)
    for file in tmp_path.iterdir():
        file.unlink()
    tmp_path.rmdir()  # nothing can be written any more
    for _ in range(3):
        spool.append(record)
    assert spool.begin == spool.end == 4 * len(record)
    tmp_path.mkdir()
    spool.append(record)
    assert spool.read(0, 2 * len(record)) == (4 * len(record), record)


def test_a_reader_who_is_behind_fills_the_store_and_one_who_sleeps_does_not(tmp_path):
    store = Store(str(tmp_path), 2 * 2**20, patience=0.0)
    spool = store.spool("w")
    record = records.encode(records.STDOUT, b"x" * 2**20)
    spool.reader("me", 0)
    for _ in range(4):
        spool.append(record)
    assert store.full
    assert spool.begin == 0
    spool.reader("me", 4 * len(record))
    assert not store.full
    for _ in range(4):
        spool.append(record)
    assert store.full
    store.hurry()
    assert not store.full
    assert spool.begin > 4 * len(record)


def test_the_agent_is_plain_python_3_8_and_needs_only_the_standard_library():
    optional = {"IPython", "traitlets", "matplotlib", "cloudpickle", "kt_agent"}
    for file in PROGRAM.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(), feature_version=packing.OLDEST)):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module]
            outside = {name.split(".")[0] for name in names} - sys.stdlib_module_names - optional
            assert not outside, f"{file.name} imports {outside}"


def test_the_command_fits_where_linux_and_kubernetes_want_it():
    launch = packing.command()
    assert launch.command[0] == "python3"
    assert all(len(word) < 64 * 1024 for word in launch.command + launch.args)
    assert "$(" not in "".join(launch.command + launch.args)  # Kubernetes would take it for a variable
    assert packing.command() == launch


def test_what_is_packed_keeps_its_line_numbers():
    for file in PROGRAM.glob("*.py"):
        source, slim = file.read_text(), packing.slim(file.read_text())
        assert len(slim) < len(source)
        before = [node.lineno for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
        after = [node.lineno for node in ast.walk(ast.parse(slim)) if isinstance(node, ast.FunctionDef)]
        assert before == after


OLD = ["2.7", "3.6", "3.7"]
_PYENV = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()


@pytest.mark.parametrize("version", OLD)
def test_a_python_that_is_too_old_says_so(version):
    python = shutil.which(f"python{version}")
    found = sorted(_PYENV.glob(f"versions/{version}.*/bin/python"))
    python = str(found[0]) if found else python
    if python is None:
        pytest.skip(f"this machine has no Python {version}")
    launch = packing.command(python=python)
    done = subprocess.run([*launch.command, *launch.args], capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == packing.TOO_OLD
    assert done.stderr == f"kt: this image has Python {version}, and the agent needs 3.8 or newer.\n"
