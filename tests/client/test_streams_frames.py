"""RFC 6455 framing, whatever the cuts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_jupyter.kube.streams import frames
from kt_jupyter.kube.streams.frames import BINARY, CLOSE, PING, Decoder, Message
from tests.client.pods import frame

payloads = st.binary(max_size=300) | st.integers(65530, 65540).map(bytes)


@pytest.mark.parametrize("mask", [frames.mask, frames.mask_in_python])
@given(payload=st.binary(max_size=1000), key=st.binary(min_size=4, max_size=4))
def test_masking_is_xor_with_the_key_and_undoes_itself(mask, payload, key):
    masked = mask(key, payload)
    assert masked == bytes(byte ^ key[index % 4] for index, byte in enumerate(payload))
    assert mask(key, masked) == payload


@given(payloads)
def test_a_client_frame_is_masked_and_says_its_size(payload):
    sent = frames.encode(BINARY, payload)
    head = frame(payload, masked=True)[: len(sent) - len(payload) - 4]
    assert sent.startswith(head)
    assert frames.mask(sent[len(head) : len(head) + 4], sent[len(head) + 4 :]) == payload


def test_every_frame_has_another_key():
    assert len({frames.encode(BINARY, b"same") for _ in range(50)}) == 50


@given(st.lists(st.tuples(st.sampled_from([BINARY, PING]), st.binary(max_size=120)), max_size=8), st.data())
def test_messages_come_whole_however_the_network_cuts_them(messages, data):
    wire = b"".join(frame(payload, opcode) for opcode, payload in messages)
    decoder, got = Decoder(), []
    while wire:
        size = data.draw(st.integers(1, len(wire)))
        got += decoder.feed(wire[:size])
        wire = wire[size:]
    assert got == [Message(*each) for each in messages]


@given(st.lists(st.binary(max_size=200), min_size=2, max_size=5))
def test_fragments_are_joined_and_control_frames_may_stand_between_them(parts):
    wire = frame(parts[0], BINARY, fin=False) + frame(b"?", PING)
    wire += b"".join(frame(part, 0, fin=False) for part in parts[1:-1]) + frame(parts[-1], 0)
    assert Decoder().feed(wire) == [Message(PING, b"?"), Message(BINARY, b"".join(parts))]


@pytest.mark.parametrize(
    ("wire", "what", "code"),
    [
        pytest.param(frame(b"x", first=0xC2), "extension", 1002, id="a reserved bit"),
        pytest.param(frame(b"x", masked=True), "masked", 1002, id="a mask"),
        pytest.param(frame(b"x", opcode=5), "unknown", 1002, id="an unknown opcode"),
        pytest.param(frame(b"x" * 126, opcode=PING), "control", 1002, id="a long ping"),
        pytest.param(frame(b"", opcode=CLOSE, fin=False), "control", 1002, id="a fragmented close"),
        pytest.param(frame(b"x", opcode=0), "out of order", 1002, id="a fragment of nothing"),
        pytest.param(frame(b"a", fin=False) + frame(b"b"), "out of order", 1002, id="a message within a message"),
        pytest.param(b"\x82\x7f" + (1 << 40).to_bytes(8), "more than", 1009, id="a terabyte announced"),
    ],
)
def test_what_the_standard_forbids_ends_it_and_what_came_before_counts(wire, what, code):
    decoder = Decoder()
    assert decoder.feed(frame(b"good") + wire + frame(b"late")) == [Message(BINARY, b"good")]
    assert what in str(decoder.error)
    assert decoder.error.code == code
    assert decoder.feed(frame(b"later")) == []


@given(st.binary(max_size=2000))
def test_noise_never_breaks_the_decoder(noise):
    decoder = Decoder()
    for byte in noise:
        decoder.feed(bytes([byte]))
