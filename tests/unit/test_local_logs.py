"""Logs come back as they were written, however they were cut into pieces."""

import asyncio
import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from kt_jupyter.local.pods.logs import MAX_LINE, LogOptions, Logs

POD = {"metadata": {"name": "p", "namespace": "n", "uid": "u"}}


async def text(logs, **options):
    return b"".join([piece async for piece in logs.read(POD, "c", 0, LogOptions(**options))])


def write(logs, *pieces):
    log = logs.open(POD, "c", 0)
    for piece in pieces:
        log.write("stdout", piece)
    log.close()


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=12))
def test_any_bytes_in_any_pieces_come_back(tmp_path_factory, pieces):
    async def run():
        logs = Logs(tmp_path_factory.mktemp("logs"))
        write(logs, *pieces)
        return await text(logs)

    assert asyncio.run(run()) == b"".join(pieces).replace(b"\r\n", b"\n")  # as containerd ends lines


def test_lines_longer_than_a_record_are_put_together_again(tmp_path):
    async def run():
        logs = Logs(tmp_path)
        write(logs, b"x" * (3 * MAX_LINE + 7) + b"\nend\n")
        return await text(logs)

    assert asyncio.run(run()) == b"x" * (3 * MAX_LINE + 7) + b"\nend\n"


@given(st.integers(0, 30), st.integers(0, 40))
def test_the_tail_is_the_last_lines(tmp_path_factory, written, wanted):
    async def run():
        logs = Logs(tmp_path_factory.mktemp("logs"))
        write(logs, *(b"%d\n" % number for number in range(written)))
        return await text(logs, tail_lines=wanted)

    expected = [b"%d\n" % number for number in range(written)]
    assert asyncio.run(run()) == b"".join(expected[written - min(wanted, written) :])


def test_no_more_than_the_limit_of_bytes(tmp_path):
    async def run():
        logs = Logs(tmp_path)
        write(logs, b"0123456789\n" * 5)
        return await text(logs, limit_bytes=15)

    assert asyncio.run(run()) == b"0123456789\n0123"


def test_timestamps_and_since(tmp_path):
    async def run():
        logs = Logs(tmp_path)
        write(logs, b"hello\n")
        later = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=5)
        return await text(logs, timestamps=True), await text(logs, since_time=later)

    stamped, none = asyncio.run(run())
    moment, _, rest = stamped.partition(b" ")
    assert (len(moment), moment[-1:], rest, none) == (30, b"Z", b"hello\n", b"")


def test_following_ends_when_the_container_does(tmp_path):
    async def run():
        logs = Logs(tmp_path)
        log = logs.open(POD, "c", 0)
        follower = asyncio.ensure_future(text(logs, follow=True))
        log.write("stdout", b"one\n")
        await asyncio.sleep(0)
        log.write("stderr", b"two\n")
        await asyncio.sleep(0)
        assert not follower.done()
        log.close()
        return await follower

    assert asyncio.run(run()) == b"one\ntwo\n"


def test_a_log_that_grows_too_large_begins_anew_and_is_followed_on(tmp_path, monkeypatch):
    monkeypatch.setattr("kt_jupyter.local.pods.logs.MAX_FILE", 1000)

    async def run():
        logs = Logs(tmp_path)
        log = logs.open(POD, "c", 0)
        follower = asyncio.ensure_future(text(logs, follow=True))
        for number in range(100):
            log.write("stdout", b"%d\n" % number)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        log.close()
        return await follower, await text(logs)

    followed, last = asyncio.run(run())
    assert followed == b"".join(b"%d\n" % number for number in range(100))
    assert followed.endswith(last)
    assert len(list((tmp_path / "logs" / "n_p_u" / "c").iterdir())) == 2


def test_logs_of_pods_that_are_gone_are_removed(tmp_path):
    async def run():
        logs = Logs(tmp_path)
        write(logs, b"x\n")
        logs.keep_only(set())

    asyncio.run(run())
    assert list((tmp_path / "logs").iterdir()) == []
