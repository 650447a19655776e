"""``Compute``: the public face of a session on a pod.

Kubetorch's class, with Kubernetes' words. Making the object checks what was said and asks nobody; the pod, and the
volumes that don't exist yet, are made when it is started, or when something is first run on it. What it is lives in the
cluster and not in this object: another object of the same name, in this kernel or the next one, is the same compute.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from types import TracebackType
from typing import Any, Self

from kt_jupyter.compute import starting
from kt_jupyter.compute.arguments import IMAGE, read_framework, read_options
from kt_jupyter.compute.cells import RunsCells
from kt_jupyter.compute.connection import Connection
from kt_jupyter.compute.finding import absence, find
from kt_jupyter.compute.naming import default_name
from kt_jupyter.compute.session import Session
from kt_jupyter.compute.starting import Request
from kt_jupyter.compute.status import ComputeStatus, State, Stopped, Verdict, described
from kt_jupyter.compute.volumes import namespace_of, read_volumes
from kt_jupyter.errors import AlreadyExists, InvalidInput, Rejected
from kt_jupyter.kube import JOBS, Cluster, current
from kt_jupyter.pods.starting import TIMEOUT
from kt_jupyter.reporting import Say
from kt_jupyter.specs import human
from kt_jupyter.specs.names import compute_name, namespace_name
from kt_jupyter.specs.options import Options
from kt_jupyter.specs.pod import CONTAINER
from kt_jupyter.volumes import Volume

Json = dict[str, Any]


class Compute(RunsCells):
    """A pod that cells and functions run on: a Job that ends by itself when nobody uses it.

    All arguments are keyword-only, and what is left open has a default; making the object makes no request.

    Args:
        cpus: CPUs: ``2``, ``0.5``, ``"500m"``. Default: 1.
        memory: Memory: ``"8Gi"``. Default: 2Gi. It is promised, and also the limit.
        gpus: GPUs (``nvidia.com/gpu``). Default: none.
        image: Any image with Python 3.8 or newer. Default: ``python:<the kernel's minor version>-slim``.
        env_vars: Environment variables. Whoever may read Jobs can read them.
        namespace: Default: that of its volumes where they say one, else the current one.
        volumes: What it mounts: ``kt.Volume`` objects, which are made when it starts if they don't exist, and names of
            volumes that do: ``"data"``, ``"data:/mnt"``, ``"data:/mnt:ro"``.
        name: By which it is found again, from any kernel. Default: after the notebook and the other arguments.
        idle: How long it stays when nothing runs on it: ``"2h"``, seconds, or ``"never"``. Default: 30 minutes.
        node_selector: Labels that its node must have.
        tolerations: Taints that it puts up with: as Kubernetes writes them, or ``"key=value:NoSchedule"``. For GPUs it
            is there already.
        queue: The Kueue LocalQueue that admits it.
        run_as: The user's number that it runs as, or ``"user:group"``. Default: as a pod that uses its volumes already,
            else 1000.
        working_dir: Where cells begin. Default: the image's, or a directory of its own in the default image.
        service_account: Whose rights and pull secrets its pod has. No token is mounted.
        image_pull_secret: The secret with which a private image is pulled.
        priority_class: Its priority class.
        workers: That many pods with all of this each, instead of one; see ``distribute``.

    Raises:
        InvalidInput: An argument is not what Kubernetes accepts; the message has a valid spelling.

    Example:
        >>> compute = kt.Compute(cpus=2, memory="8Gi", volumes=["my-data"])
        >>> compute.start()
        Compute train-3f2a1  2 CPUs  8 Gi  at my-data:/data
    """

    def __init__(
        self,
        *,
        cpus: float | str | None = None,
        memory: str | None = None,
        gpus: int | None = None,
        image: str | None = None,
        env_vars: Mapping[str, str | int | float] | None = None,
        namespace: str | None = None,
        volumes: Sequence[Volume | str] = (),
        name: str | None = None,
        idle: str | float | None = None,
        node_selector: Mapping[str, str] | None = None,
        tolerations: Sequence[Mapping[str, Any] | str] | None = None,
        queue: str | None = None,
        run_as: int | str | None = None,
        working_dir: str | None = None,
        service_account: str | None = None,
        image_pull_secret: str | None = None,
        priority_class: str | None = None,
        workers: int | None = None,
    ) -> None:
        self._said: Json = {key: value for key, value in locals().items() if key not in {"self", "__class__"}}
        self._options = read_options(
            cpus=cpus,
            memory=memory,
            gpus=gpus,
            image=image,
            env_vars=env_vars,
            idle=idle,
            node_selector=node_selector,
            tolerations=tolerations,
            queue=queue,
            run_as=run_as,
            working_dir=working_dir,
            service_account=service_account,
            image_pull_secret=image_pull_secret,
            priority_class=priority_class,
            workers=workers,
        )
        self._volumes = read_volumes(volumes)
        self._namespace = namespace_of(self._volumes, None if namespace is None else namespace_name(namespace))
        described_by = repr((astuple(self._options), [(each.name, each.path) for each in self._volumes], namespace))
        self._name = default_name(described_by) if name is None else compute_name(name)
        self._cluster: Cluster | None = None
        self._connection = Connection()
        self._lock = threading.RLock()

    # -- what it is -------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Its name."""
        return self._name

    @property
    def namespace(self) -> str:
        """The namespace it runs in."""
        return self._namespace or self.cluster.namespace

    @property
    def cluster(self) -> Cluster:
        """The cluster it runs on: the current one at its first use."""
        if self._cluster is None:
            self._cluster = current()
        return self._cluster

    @property
    def image(self) -> str:
        """Its image, as it was said; else the default."""
        return self._options.image or IMAGE

    @property
    def pod(self) -> str | None:
        """The pod's name, when it was started or found through this object; of several workers, rank 0's."""
        running = self._connection.running
        return running.session.pod if running else None

    @property
    def node(self) -> str | None:
        """The node of that pod."""
        running = self._connection.running
        return running.nodes[0] if running else None

    @property
    def place(self) -> str:
        """Where it runs, for people: ``kt-train-x7f2p on gpu-1``, ``4 workers on 2 nodes``."""
        running = self._connection.running
        if running is None:
            return ""
        if running.options.workers is None:
            return f"{self.pod} on {self.node}" if self.node else f"{self.pod}"
        nodes = human.count(len(set(running.nodes)), "node")
        return f"{human.count(running.options.workers, 'worker')} on {nodes}"

    @property
    def workers(self) -> int | None:
        """How many pods it has, each with a rank; None for one without."""
        running = self._connection.running
        return running.options.workers if running else self._options.workers

    def distribute(
        self, framework: str | None = None, *, workers: int, distribution_type: str | None = None
    ) -> Compute:
        """Return a compute of several such pods, on which each call runs on all of them at once.

        Each call of ``kt.fn(f).to(...)`` gives the list of what the ranks returned. A rank finds itself and the others
        as under torchrun: ``RANK``, ``WORLD_SIZE``, ``LOCAL_RANK``, ``MASTER_ADDR``, ``MASTER_PORT`` are in its
        environment, one process a worker. What they print comes with the rank before each line. When one fails the
        others are stopped, and its error is raised.

        The workers are an Indexed Job, spread over the nodes; with a volume that one node can have at a time
        (ReadWriteOnce) they run on one.

        Args:
            framework: ``"pytorch"``, or ``"spmd"`` for whatever reads the same variables, the default.
            workers: How many pods; each has the CPUs, memory and GPUs of this compute.
            distribution_type: Kubetorch's newer word for ``framework``.

        Returns:
            Another compute; this one stays what it is.

        Raises:
            InvalidInput: No such framework, or no number of workers.

        Example:
            >>> compute = kt.Compute(gpus=8, volumes=[vol]).distribute(framework="pytorch", workers=4)
            >>> kt.fn(train).to(compute)(epochs=3)
            [0.31, 0.31, 0.31, 0.31]
        """
        read_framework(framework, distribution_type)
        return type(self)(**self._said | {"workers": workers})

    def manifest(self, *, check: bool = False) -> Json:
        """Return the Job that ``start`` would send, its volumes' places and node settled. Makes nothing.

        Args:
            check: Let the server check it (quotas, policies, names), and return it as the server would keep it.

        Raises:
            VolumeNotFound, VolumeUnusable, VolumeInUse: A volume can't be mounted.
            QuotaExceeded, Rejected: With ``check``: the server refuses it.
        """
        request = self._request()
        manifest = request.manifest(starting.prepared(request))
        if not check:
            return manifest
        starting.check_with_server(request, manifest)
        try:
            return request.cluster.create(JOBS, manifest, namespace=request.namespace, dry_run=True)
        except AlreadyExists:  # it runs; its pod has been checked, and that is what is refused
            return manifest

    # -- what can be done with it -----------------------------------------------------------------------------------

    def start(self, *, fresh: bool = False, timeout: float = TIMEOUT, progress: Say | None = None) -> Self:
        """Start it, or find that it runs; returns when it can be used.

        Volumes that were described and don't exist are made; those that exist are checked first. Twice is once. A
        start that does not succeed removes what it made, and says so.

        Args:
            fresh: Start it anew if it runs, which loses its variables and ends what runs there. What this object does
                not say stays as it was.
            timeout: Seconds that it may take. A pod that no node has room for waits until then; one that its queue has
                not admitted, as long as that takes.
            progress: Gets what is waited for, a line each time it changes; default: stderr.

        Returns:
            This object.

        Raises:
            ComputeDiffers: It runs, and is another one than is asked for; the message has the differences.
            VolumeNotFound: A volume does not exist and was not described.
            VolumeDiffers: A volume exists, and is another one than was described.
            VolumeInUse: A volume is in use so that this pod can't have it too; the message names who has it.
            VolumeUnusable: A volume is lost, is being deleted, or gets no disk.
            ImageNotAvailable: The image can't be had, or has no Python.
            QuotaExceeded, Rejected: The namespace takes no such pod.
            Forbidden: A right is missing; the message names it.
            WaitTimeout: The time is over; the message says what it waited for.

        Example:
            >>> kt.Compute(name="train", gpus=1).start(timeout=3600)
            Compute train  1 GPU
        """
        with self._lock:
            self._connection.make(self._request(), fresh=fresh, timeout=timeout, progress=progress)
        return self

    def session(self, *, timeout: float = TIMEOUT, progress: Say | None = None) -> Session:
        """Return the conversation with its agent, starting it if need be: what functions and cells are run through.

        One that has ended meanwhile is started again: whoever keeps something there asks ``start`` first.
        """
        return self.sessions(timeout=timeout, progress=progress)[0]

    def sessions(self, *, timeout: float = TIMEOUT, progress: Say | None = None) -> tuple[Session, ...]:
        """Return the conversations with all of its pods, by rank; otherwise as ``session``."""
        with self._lock:
            if not self._connection.lives:
                self.start(timeout=timeout, progress=progress)
            return self._sessions()

    def take_over(self, before: Compute) -> None:
        """Go on with the connection of another handle on the same compute, which loses it.

        What this one asks for is compared with what runs before it is used.
        """
        if before is self:
            return
        with before._lock, self._lock:
            self._cluster = before._cluster
            self._connection.take(before._connection, check=self._options != Options() or bool(self._volumes))

    def stop(self, *, wait: bool = True) -> Stopped:
        """End it: its Job and its pod go, its variables with them; its volumes stay.

        Args:
            wait: Return when the pod is gone, so that its volumes are free.

        Returns:
            What was done; stopping what does not run is no error.
        """
        with self._lock:
            self._connection.leave()
            request = self._request()
            found = find(request.cluster, request.namespace, request.name)
            if found is None:
                return Stopped(self.name, self.namespace, existed=False)
            starting.remove(request, found, wait=wait)
            volumes = tuple(dict.fromkeys(each.claim for each in found.volumes))
            return Stopped(self.name, self.namespace, existed=True, volumes=volumes)

    def status(self) -> ComputeStatus:
        """Read how it is doing: running, starting and what it waits for, ended and why.

        One that was described and not started is ``State.ABSENT``.
        """
        found = find(self.cluster, self.namespace, self.name)
        if found is not None:
            return found
        return ComputeStatus(self.name, self.namespace, Verdict(State.ABSENT), self._options)

    def logs(self, *, tail: int | None = None, rank: int = 0) -> str:
        """Return what its cells and functions have printed so far, as ``kubectl logs`` does.

        Args:
            tail: Only so many of the last lines.
            rank: Of several workers, which.

        Raises:
            ComputeNotFound: It does not run, and has not within the last hour.
            InvalidInput: It has no such rank.
        """
        found = find(self.cluster, self.namespace, self.name)
        if found is None or not found.pods:
            raise absence(self.cluster, self.namespace, self.name)
        if not 0 <= rank < len(found.pods):
            ranks = human.count(len(found.pods), "worker")
            raise InvalidInput(f'compute "{self.name}" has no rank {rank}: it has {ranks}, the first is 0.')
        pod = str(found.pods[rank]["metadata"]["name"])
        try:
            return self.cluster.logs(pod, namespace=self.namespace, container=CONTAINER, tail_lines=tail)
        except Rejected:
            # The agent answers before the cluster reports that the container runs, and until then there is no log.
            if found.state is not State.STARTING:
                raise
            return ""

    def close(self) -> None:
        """Leave it: the connection ends, the pod and what runs there go on."""
        with self._lock:
            self._connection.leave()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        """Say what is known without a request."""
        volumes = [f"{each.name} at {each.path}" if each.path else each.name for each in self._volumes]
        parts = [
            f"Compute {self.name}",
            described(self._options),
            *volumes,
            f"in {self._namespace}" if self._namespace else "",
        ]
        return "  ".join(part for part in parts if part)

    # -- how it is done ---------------------------------------------------------------------------------------------

    def _request(self) -> Request:
        return Request(self.cluster, self.namespace, self.name, self._options, self._volumes)

    def _sessions(self) -> tuple[Session, ...]:
        assert self._connection.running is not None
        return self._connection.running.sessions
