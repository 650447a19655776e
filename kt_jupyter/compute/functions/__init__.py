"""Functions on pods: ``kt.fn(f).to(compute)``.

``capture`` takes a function apart and says what can't be sent; ``fn`` sends it and ``Call`` is what comes of it;
``outcome`` and ``raising`` turn what came back into a value, or into the exception that was raised there.
"""

from kt_jupyter.compute.functions.call import Call
from kt_jupyter.compute.functions.function import Function, RemoteFunction, fn
from kt_jupyter.compute.functions.mapping import Map
from kt_jupyter.compute.functions.ranked import RankedCall

__all__ = ["Call", "Function", "Map", "RankedCall", "RemoteFunction", "fn"]
