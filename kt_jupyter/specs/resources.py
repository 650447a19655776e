"""What a container asks for: CPUs, memory and GPUs, checked before any request.

Kubernetes' terms and spellings. It would take ``1GB`` for nothing, ``2`` for two bytes of memory and ``1500m`` bytes
without a word: what nobody means is refused here, with what was probably meant.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

from kt_jupyter.errors import InvalidInput, InvalidQuantity
from kt_jupyter.specs import human
from kt_jupyter.specs.quantity import Format, Quantity, parse

GPU: Final = "nvidia.com/gpu"

_LEAST_CPU: Final = Fraction(1, 1000)  # the kernel's scheduler counts in thousandths
_LEAST_MEMORY: Final = parse("32Mi")  # Python itself takes 10, with IPython 40
_CORES: Final = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:c|cores?|cpus?|vcpus?)\s*", re.ASCII | re.IGNORECASE)


def cpus(amount: object) -> Quantity:
    """Read a number of CPUs: ``2``, ``0.5``, ``"500m"``.

    Raises:
        InvalidQuantity: It is none; the message has a valid spelling.
    """
    if isinstance(amount, bool) or not isinstance(amount, str | int | float):
        raise InvalidQuantity(f"cpus={amount!r} is not a number of CPUs.", remedy='For example: cpus=2, or cpus="500m"')
    text = amount if isinstance(amount, str) else f"{amount:.3f}".rstrip("0").rstrip(".")
    if cores := _CORES.fullmatch(text):
        raise InvalidQuantity(f'cpus="{text}" is not a number of CPUs.', remedy=f'Did you mean cpus="{cores[1]}"?')
    found = parse(text, what="number of CPUs")
    if found.value < _LEAST_CPU or (found.format is Format.BINARY and text.strip().endswith("i")):
        raise InvalidQuantity(
            f"cpus={amount!r} is not a number of CPUs that a container can have: the least is 1m, a thousandth.",
            remedy='For example: cpus=2, or cpus="500m" for half a one',
        )
    return Quantity(found.value, Format.DECIMAL)


def memory(amount: object) -> Quantity:
    """Read an amount of memory: ``"8Gi"``, ``"512Mi"``.

    Raises:
        InvalidQuantity: It is none, or too little for Python to start; the message has a valid spelling.
    """
    found = parse(amount, what="memory size")
    if found.value <= 0 or found.value.denominator != 1 or found < _LEAST_MEMORY:
        shown = f'memory="{amount}" is {human.size(found)}'
        number = re.match(r"\s*\d+", str(amount))
        near = (
            f'Did you mean memory="{number[0].strip()}Gi"?'
            if number and int(number[0])
            else 'For example: memory="2Gi"'
        )
        raise InvalidQuantity(f"{shown}, and Python does not start in less than 32 Mi.", remedy=near)
    return found


def gpus(count: object) -> int:
    """Read a number of GPUs: 0 for none.

    Raises:
        InvalidInput: It is not a whole number, or negative.
    """
    number = _whole(count)
    if number is None or number < 0:
        why = "a pod gets whole GPUs" if isinstance(count, float) else "it takes a number, 0 or more"
        raise InvalidInput(f"gpus={count!r} is not a number of GPUs: {why}.", remedy="For example: gpus=1")
    return number


def workers(count: object) -> int:
    """Read a number of workers: 1 or more.

    Raises:
        InvalidInput: It is not a whole number, or less than 1.
    """
    number = _whole(count)
    if number is None or number < 1:
        raise InvalidInput(
            f"workers={count!r} is not a number of workers: each is a pod, and there is at least one.",
            remedy="For example: workers=4",
        )
    return number


def _whole(count: object) -> int | None:
    number = int(count) if isinstance(count, str) and count.strip().lstrip("-").isdecimal() else count
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    return None if isinstance(number, bool) or not isinstance(number, int) else number
