"""``kt.fn``: a function, and the same function on a compute."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any, Final, Protocol, runtime_checkable

from kt_jupyter import reporting
from kt_jupyter.compute.functions import ranked
from kt_jupyter.compute.functions.call import Call
from kt_jupyter.compute.functions.capture import Content, Packed, Place, contents, name_of, pack
from kt_jupyter.compute.functions.checks import check_packages, check_python
from kt_jupyter.compute.functions.items import Items
from kt_jupyter.compute.functions.mapping import Map
from kt_jupyter.compute.functions.ranked import RankedCall
from kt_jupyter.compute.session import Session
from kt_jupyter.errors import InvalidInput
from kt_jupyter.specs import human

_AT_ONCE: Final = 4
_LARGE: Final = 1 << 20  # bytes from which what a function takes along is worth a word in its repr


@runtime_checkable
class RunsFunctions(Protocol):
    """What a function can be sent to: a ``kt.Compute``."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def workers(self) -> int | None:
        """How many pods it has, each with a rank; None for one without."""

    def sessions(self) -> tuple[Session, ...]:
        """Return the conversations with its pods, by rank; starts it if it does not run."""


def fn(function: Callable[..., Any]) -> Function:
    """Make a function ready to run on a pod.

    Any callable will do: from a cell or a file, a closure, a lambda, a class, a bound method, ``functools.partial``, a
    coroutine function (it is awaited there), a generator function (its items come one by one).

    Args:
        function: The callable. Nothing is sent before it is called.

    Returns:
        The function, to be sent somewhere with ``.to(compute)``.

    Raises:
        InvalidInput: It is not callable.

    Example:
        >>> train_fn = kt.fn(train).to(kt.Compute(gpus=1))
        >>> train_fn(epochs=100)
        epoch 1: loss 0.53
        'Training complete'
    """
    if isinstance(function, Function | RemoteFunction):
        return function if isinstance(function, Function) else Function(function.function)
    given: object = function
    if not callable(given):
        remedy = "Give it the function itself: kt.fn(train), not kt.fn(train())."
        raise InvalidInput(f"kt.fn takes a function, and this is of type {type(given).__name__}.", remedy=remedy)
    return Function(given)


class Function:
    """A function that can be sent to a compute.

    Attributes:
        function: The function itself.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        functools.update_wrapper(self, function, updated=())

    def to(
        self, compute: RunsFunctions, *, timeout: float | None = None, shared: bool = False, logs: bool = True
    ) -> RemoteFunction:
        """Return the function as one that runs on a compute. Nothing is started or sent before it is called.

        Args:
            compute: A ``kt.Compute``; the first call starts it.
            timeout: Seconds that a call may run, counted in the pod: then it is interrupted.
            shared: Run calls in the process in which the compute's cells run, one at a time: they see what cells have
                imported, and can spoil it. Default: each call in a fresh process, any number at a time.
            logs: Show here what calls print.

        Raises:
            InvalidInput: That is no compute, or the timeout is none.
        """
        return RemoteFunction(self.function, compute, timeout=timeout, shared=shared, logs=logs)

    def __call__(self, *_: Any, **__: Any) -> Any:
        """Refuse: it has to be sent somewhere first."""
        name = name_of(self.function)
        raise InvalidInput(
            f"{name} has not been sent to a compute.",
            remedy=f"{name}_fn = kt.fn({name}).to(kt.Compute(cpus=1)). To run it here: {name}(…) without kt.fn",
        )

    def __reduce__(self) -> Any:
        return functools.partial, (self.function,)  # in a pod it is there already

    def __repr__(self) -> str:
        return f"<Function {name_of(self.function)}: send it with .to(compute)>"


class RemoteFunction:
    """A function on a compute: call it as if it were here.

    What it prints is shown as it comes; what it returns comes back; what it raises is raised here, and is of the same
    type. Globals are copies: what a call changes in them stays in the pod.

    Attributes:
        function: The function itself.
        compute: Where it runs.
        timeout: Seconds that a call may run; None: any.
        shared: Whether calls run in the process of the compute's cells.

    Example:
        >>> train_fn(epochs=100)
        'Training complete'
        >>> call = train_fn.submit(epochs=100)
        >>> call.result()
        'Training complete'
        >>> list(evaluate_fn.map(["a.parquet", "b.parquet"]))
        [0.91, 0.87]
    """

    def __init__(
        self, function: Callable[..., Any], compute: RunsFunctions, *, timeout: float | None, shared: bool, logs: bool
    ) -> None:
        given: object = compute
        if not isinstance(given, RunsFunctions) or isinstance(given, type):
            kind = getattr(given, "__name__", type(given).__name__)
            remedy = "For example: kt.fn(train).to(kt.Compute(cpus=1))"
            raise InvalidInput(f"a function is sent to a kt.Compute, and this is of type {kind}.", remedy=remedy)
        if timeout is not None and timeout <= 0:
            raise InvalidInput(f"timeout={timeout!r}: a call needs some time.", remedy="In seconds: timeout=3600")
        self.function = function
        self.compute = compute
        self.timeout = timeout
        self.shared = shared
        self._logs = logs
        self._told: set[tuple[Place, int]] = set()
        functools.update_wrapper(self, function, updated=())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the function in the pod, with these arguments, and return what it returns.

        Of a generator function it is an iterator, ``Items``. Ctrl-C (Jupyter's Stop) interrupts the function there, a
        second one ends its process.

        Raises:
            Exception: What the function raised there; the remote traceback is its cause.
            NotPicklable: It, an argument or what it returned can't be sent; names what is to blame.
            TooLarge: It takes more than 100 MB along; names what.
            PythonMismatch: The pod's Python is another minor version.
            PackageMissing: The image lacks a package; names it, before anything runs.
            RemoteError: It raised an exception whose type is not here.
            CallEnded: Its process ended: it crashed, or was out of memory or time.
            SessionEnded: The pod ended; says why.
            KtError: The compute can't be started; see ``Compute.start``.
        """
        call = self._start(args, kwargs, items=self.gives_items)
        if isinstance(call, Call) and self.gives_items:
            return Items(call, quiet=not self._logs)
        return call.follow(quiet=not self._logs)

    def submit(self, *args: Any, **kwargs: Any) -> Call | RankedCall:
        """Start a call and return at once; errors as for a call, those of the function when its result is asked for.

        The compute is started first if it does not run, and that takes its time. When this returns the pod has all
        that it needs: the call goes on even if this kernel ends. Of a generator function the result is the list of its
        items.
        """
        call = self._start(args, kwargs)
        call.sent()
        return call

    def map(
        self, *items: Iterable[Any], at_once: int = _AT_ONCE, return_exceptions: bool = False, **kwargs: Any
    ) -> Map:
        """Call the function for each item, several at a time; give the results in the order of the items.

        The first exception ends it, and cancels the calls that run.

        Args:
            items: Iterables, one for each positional argument, as for ``map``; the shortest ends it.
            at_once: How many calls run at the same time.
            return_exceptions: Give exceptions in the place of results, and go on.
            kwargs: Other arguments, the same in each call.

        Returns:
            An iterator; nothing is called before one iterates.

        Raises:
            InvalidInput: There are no items, or ``at_once`` is less than 1.
        """
        if not items:
            raise InvalidInput(f"{self.name}.map needs items.", remedy=f"For example: {self.name}_fn.map([1, 2, 3])")
        if self.compute.workers is not None:
            raise InvalidInput(
                f"compute {self.compute.name} runs each call on all of its workers, and map gives each item to one.",
                remedy=f"For many items: kt.fn({self.name}).to(kt.Compute(…)), without distribute.",
            )
        if at_once < 1:
            raise InvalidInput(f"at_once={at_once!r}: at least one call must run.", remedy="For example: at_once=4")

        def submit(*args: Any) -> Call:
            call = self.submit(*args, **kwargs)
            assert isinstance(call, Call)
            return call

        return Map(
            submit,
            zip(*items, strict=False),
            function=self.name,
            at_once=at_once,
            quiet=not self._logs,
            return_exceptions=return_exceptions,
        )

    def contents(self) -> list[Content]:
        """Return the data that goes along with each call beside its arguments, the largest first."""
        return contents(self.function, Place("variable", self.name))

    def __reduce__(self) -> Any:
        return functools.partial, (self.function,)

    def __repr__(self) -> str:
        along = [f"{each.place.path} ({human.size(each.size)})" for each in self.contents() if each.size >= _LARGE]
        takes = f", takes along {', '.join(along)}" if along else ""
        return f"<Function {self.name} on compute {self.compute.name}{takes}>"

    @property
    def name(self) -> str:
        """The function's name."""
        return name_of(self.function)

    @property
    def gives_items(self) -> bool:
        """Whether it is a generator function, plain or ``async``: a call gives an iterator then."""
        return inspect.isgeneratorfunction(self.function) or inspect.isasyncgenfunction(self.function)

    def _start(self, args: tuple[Any, ...], kwargs: dict[str, Any], *, items: bool = False) -> Call | RankedCall:
        packed = pack(self.function, args, kwargs)
        self._tell(packed)
        sessions = self.compute.sessions()
        session = sessions[0]  # of several workers, all have the same image
        there = (session.hello or session.connect()).interpreter
        check_python(there, session.pod)
        check_packages(session, packed.packages, self.name, session.pod)
        send = functools.partial(Session.call, payload=packed.payload, share=self.shared, timeout=self.timeout)
        if self.compute.workers is None:
            work = send(session, label=self.name, items=items)
            return Call(session, work, function=self.name, there=there)
        return ranked.start(send, sessions, function=self.name, there=there)

    def _tell(self, packed: Packed) -> None:
        """Say once what is large and goes along with every call."""
        new = [each for each in packed.heavy if (each.place, each.size) not in self._told]
        self._told.update((each.place, each.size) for each in new)
        if new:
            reporting.notice(
                f"{self.name} takes along with every call: {'; '.join(map(str, new))}. "
                "To send it once: read it in the function from a volume."
            )
