"""``--ray``: the parts of one job made by the workers of a Ray cluster, which this process starts and waits for.

With ``--ray-files shared`` a worker is a Ray task that runs the same command with ``--share``, so that who makes which
part, what becomes of the part of a worker that died, and who makes the file of all is settled in the job's folder
(decision 0030), which every machine has to see under the same path, as it has to see the input. Ray gives each worker
its device, starts one that died again, and brings back what it said. With ``store`` nothing is shared: see
cluster_store.py. Source of Ray's interface: https://docs.ray.io, "Tasks".
"""

from __future__ import annotations

import importlib
import os
import socket
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..errors import UserError
from ..video.errors import UsageError, reason
from ..video.incoming import is_incoming
from ..video.job import CheckedJob, Job
from ..video.job_folder import frames_done
from . import cluster_store, console, options, signals, values
from .cluster_store import AskingSide, WorkerSide, get_files, put_files
from .options import VideoOptions
from .progress import FrameProgress, tell
from .signals import interruptible
from .work import DAMAGED, Done

_POLL = 0.5
_PATIENCE = 10.0
_STARTS_AGAIN = 3
"""How often the task of a worker that dies is started again."""


def make(video: VideoOptions, checked: CheckedJob) -> Done:
    """Has the job done by the cluster; raises UserError with a worker's sentence where none could do it."""
    job = checked.job
    assert job.output is not None
    ray = _connected(str(video.ray))
    words = _command(console.arguments)
    with interruptible(), FrameProgress(json=video.json) as progress:
        worker = ray.remote(max_retries=_STARTS_AGAIN)(run_here)
        tasks = [place(worker).remote(words, str(Path.cwd())) for place in _told_places(ray, video)]
        left, said = list(tasks), []
        try:
            while left:
                ready, left = ray.wait(left, num_returns=len(left), timeout=_POLL)
                said += [_answer(ray, task) for task in ready]
                done, total = frames_done(job.output)
                if total:
                    progress.update(done, total)
                signals.check()
        except BaseException:
            for task in left:
                ray.cancel(task)
            raise
        seconds = progress.seconds
        total = progress.total
    if not job.output.exists():
        raise UserError(next((words for status, words in said if status != 0 and words), "no worker made the file"))
    status = DAMAGED if any(status == DAMAGED for status, _ in said) else 0
    console.say(f"{job.output}: made by {len(tasks)} workers in {seconds:.1f} s")
    if video.json:
        tell(output=str(job.output), seconds=round(seconds, 3))
    return Done(status=status, made=total, seconds=seconds)


def without_folder(video: VideoOptions, job: Job) -> AskingSide:
    """The side of this process of a job whose parts come through Ray's object store, its workers started."""
    assert job.output is not None
    ray = _connected(str(video.ray))
    words, files = put_files(ray, _command(console.arguments, shared=False), job.source, job.output)
    worker = ray.remote(max_retries=_STARTS_AGAIN)(run_apart)

    def start(dealer: Any) -> list[Any]:
        places = _told_places(ray, video)
        return [place(worker).remote(words, files, dealer, number) for number, place in enumerate(places)]

    return AskingSide(ray, start, lambda task: _answer(ray, task))


def check(video: VideoOptions, job: Job) -> None:
    """Raises UsageError for what a cluster cannot do."""
    values.one_of("--ray-files", video.ray_files, options.RAY_FILES)
    values.read_resources("--ray-worker", video.ray_worker)
    if job.output is None or job.raw:
        raise UsageError("--ray is about files that are made in parts, and raw video and images are not; leave it out")
    if is_incoming(job.source):
        raise UsageError("--ray has a file read by several machines, and the input is not one; write it into one first")
    if job.output.exists():
        raise UsageError(f"--ray replaces nothing, and the output {job.output} exists; remove it or give another name")
    if video.script is not None:
        raise UsageError("--ray has a job done, and --script only writes it down; leave one of them out")
    if video.restart:
        raise UsageError("--restart throws an unfinished job away, which each worker of --ray would do; leave it out")


def run_here(words: Sequence[str], folder: str) -> tuple[int, str]:
    """In a worker: the command's exit status and the error that it said."""
    os.chdir(folder)
    return _run(words)


def run_apart(
    words: Sequence[str], files: Sequence[tuple[str, list[Any]]], dealer: Any, worker: int
) -> tuple[int, str]:
    """In a worker that shares no folder: the same, of a command whose parts are given away as they are made."""
    ray: Any = importlib.import_module("ray")
    with tempfile.TemporaryDirectory(prefix="vsmlrt-") as folder:
        ray.get(dealer.forget.remote(worker))  # what it was at when it died, if it begins again
        own = get_files(ray, words, files, Path(folder))
        cluster_store.here = WorkerSide(ray, dealer, worker)
        try:
            return _run(own)
        finally:
            cluster_store.here = None


def _run(words: Sequence[str]) -> tuple[int, str]:
    from . import run

    before, said = console.error, []

    def error(sentence: str) -> None:
        said.append(sentence)
        before(sentence)

    console.error = error
    try:
        status = run(words)
    finally:
        console.error = before
    return status, said[-1] if said else ""


def _connected(address: str) -> Any:
    try:
        ray: Any = importlib.import_module("ray")
    except ImportError as error:
        raise UserError(f"--ray needs Ray, which cannot be used here ({error}): pip install vsmlrt[ray]") from error
    try:
        _reach(address)
        ray.init(address=address, ignore_reinit_error=True, log_to_driver=False, logging_level="ERROR")
    except Exception as error:  # of many kinds, by what is wrong with the address
        raise UserError(f"--ray {address}: no Ray cluster answers there ({error}); 'ray start' starts one") from error
    return ray


def _reach(address: str) -> None:
    """Raises OSError where nobody listens, for whom Ray would wait minutes."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host, int(port)), timeout=_PATIENCE).close()


def _command(arguments: Sequence[str], *, shared: bool = True) -> list[str]:
    """The command as a worker runs it."""
    kept: list[str] = []
    left_out = {"--json", "--overwrite", "-y", "--share", *(() if shared else ("--resume",))}
    words = iter(arguments)
    for word in words:
        option, equals, _ = word.partition("=")
        if option in ("--ray", "--ray-files", "--ray-worker") or (option == "--expiry" and not shared):
            if not equals:
                next(words, None)
        elif word not in left_out:
            kept.append(word)
    return [*kept, "--share"] if shared else kept


def _told_places(ray: Any, video: VideoOptions) -> list[Callable[[Any], Any]]:
    needs = values.read_resources("--ray-worker", video.ray_worker)
    places = _places(ray) if needs is None else _fitting(ray, needs)
    console.say(f"{len(places)} worker{'s' * (len(places) != 1)} of the Ray cluster at {video.ray}")
    return places


def _fitting(ray: Any, needs: dict[str, float]) -> list[Callable[[Any], Any]]:
    """As many workers as the machines have these resources for. Raises UserError for none."""
    machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    fitting = sum(min(int(each.get(name, 0) // amount) for name, amount in needs.items()) for each in machines)
    if not fitting:
        names = ", ".join(sorted({name for each in machines for name in each if ":" not in name}))
        asked = ",".join(f"{name}={amount:g}" for name, amount in needs.items())
        raise UserError(f"--ray-worker: no machine of the cluster has {asked}; their resources are {names}")
    others = {name: amount for name, amount in needs.items() if name not in ("CPU", "GPU")}
    given = {"num_cpus": needs.get("CPU", 0), "num_gpus": needs.get("GPU", 0), "resources": others}
    return [lambda task: task.options(**given)] * fitting


def _places(ray: Any) -> list[Callable[[Any], Any]]:
    """Where workers go: one on each GPU, or where the cluster has none one on each machine."""
    gpus = int(ray.cluster_resources().get("GPU", 0))
    if gpus:
        return [lambda task: task.options(num_gpus=1)] * gpus
    strategy = importlib.import_module("ray.util.scheduling_strategies").NodeAffinitySchedulingStrategy

    def on(node: dict[str, Any]) -> Callable[[Any], Any]:
        chosen = strategy(node_id=node["NodeID"], soft=True)
        return lambda task: task.options(num_cpus=1, scheduling_strategy=chosen)

    return [on(node) for node in ray.nodes() if node["Alive"]]


def _answer(ray: Any, task: Any) -> tuple[int, str]:
    try:
        status, said = ray.get(task)
    except ray.exceptions.RayTaskError as error:  # what its own Python raised, such as a package that is missing there
        cause = getattr(error, "cause", None) or error
        return 1, f"a worker of the Ray cluster failed: {type(cause).__name__}: {reason(cause)}"
    except ray.exceptions.RayError as error:
        return 1, f"a worker of the Ray cluster died again and again: {str(error).splitlines()[0]}"
    return int(status), str(said)
