"""A job whose parts are made by workers that share no folder, with threads in place of a cluster's processes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
import vapoursynth as vs

from segment_jobs import FIFTH, UNEVEN, content, double, go
from video_samples import make_video
from vsmlrt.cli import cluster_store
from vsmlrt.cli.cluster_store import AskingSide, Dealer, WorkerSide
from vsmlrt.errors import UserError
from vsmlrt.video import job_folder
from vsmlrt.video.job import Job, check_job, picture_by_picture, run


class Handle:
    """An actor: its calls come one after the other."""

    def __init__(self, actor: Any) -> None:
        self._actor, self._lock = actor, threading.Lock()

    def __getattr__(self, name: str) -> Any:
        class Method:
            @staticmethod
            def remote(*given: Any) -> Any:
                with self._lock:
                    return getattr(self._actor, name)(*given)

        return Method


class Cluster:
    """What is used of Ray, whose workers are threads."""

    def remote(self, **_: Any) -> Callable[[type], Any]:
        class Made:
            def __init__(self, kind: type) -> None:
                self._kind = kind

            def remote(self) -> Handle:
                return Handle(self._kind())

        return Made

    def get(self, value: Any) -> Any:
        return value

    def wait(self, tasks: list[Future[Any]], num_returns: int, timeout: float) -> tuple[list[Any], list[Any]]:
        return [one for one in tasks if one.done()], [one for one in tasks if not one.done()]

    def cancel(self, task: Any) -> None:
        pass

    def kill(self, actor: Any) -> None:
        pass


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_store, "_POLL", 0.01)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "source").mkdir()
    return make_video(tmp_path / "source" / "in.mkv", UNEVEN, audio=True)


def failing(clip: vs.VideoNode) -> vs.VideoNode:
    """A network whose device drops out in the second part."""

    def gone(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
        if n > 4:
            raise RuntimeError("the device is gone")
        return f

    big = double(clip)
    return big.std.ModifyFrame(big, gone)


def apart(source: Path, made: Path, networks: list[Any], **of_workers: Any) -> int:
    """The job with a worker for each network; what it gives."""
    cluster = Cluster()

    def worker(handle: Any, number: int, task: Future[tuple[int, str]]) -> None:
        folder = made.parent / f"worker{number}"
        folder.mkdir()
        given: dict[str, Any] = {"asked": {}, "segment": FIFTH} | of_workers
        side = WorkerSide(cluster, handle, number)
        job = Job(source=source, output=folder / "out.mkv", exchange=side, **given)
        try:
            run(check_job(job), picture_by_picture(networks[number]), warn=print, progress=lambda done, total: None)
            task.set_result((0, ""))
        except UserError as error:
            task.set_result((1, str(error)))

    threads: list[threading.Thread] = []

    def start(handle: Any) -> list[Future[tuple[int, str]]]:
        tasks: list[Future[tuple[int, str]]] = [Future() for _ in networks]
        threads.extend(threading.Thread(target=worker, args=(handle, n, task)) for n, task in enumerate(tasks))
        for thread in threads:
            thread.start()
        return tasks

    try:
        with AskingSide(cluster, start, lambda task: task.result()) as side:
            return go(source, made, process=None, exchange=side)
    finally:
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("networks", [[double], [double, double], [failing, double], [double, failing, failing]])
def test_the_file_is_that_of_one_machine(source: Path, tmp_path: Path, networks: list[Any]) -> None:
    """Also where workers fail on the way."""
    whole, made = tmp_path / "whole.mkv", tmp_path / "out.mkv"
    go(source, whole)
    assert apart(source, made, networks) == len(UNEVEN)
    assert content(made) == content(whole)
    assert not job_folder.folder_of(made).exists()


def test_where_all_workers_fail(source: Path, tmp_path: Path) -> None:
    """The first sentence is said; the parts that came are kept, and a job on one machine goes on with them."""
    whole, made = tmp_path / "whole.mkv", tmp_path / "out.mkv"
    go(source, whole)
    with pytest.raises(UserError, match="the device is gone"):
        apart(source, made, [failing, failing])
    assert not made.exists()
    assert go(source, made, resume=True) == len(UNEVEN)
    assert content(made) == content(whole)


def test_a_worker_that_would_make_something_else(source: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"would make something else: its network is another, and that .* is None"):
        apart(source, tmp_path / "out.mkv", [double], asked={"network": "another"})


def test_a_part_that_does_not_arrive_whole_is_made_again(source: Path, tmp_path: Path) -> None:
    spoilt: list[int] = []

    class Careless(Dealer):
        def deliver(self, number: int, record: dict[str, Any], video: bytes) -> None:
            if number == 1 and not spoilt:
                spoilt.append(number)
                video = video[:-1] + b"?"
            super().deliver(number, record, video)

    whole, made = tmp_path / "whole.mkv", tmp_path / "out.mkv"
    go(source, whole)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cluster_store, "Dealer", Careless)
        apart(source, made, [double])
    assert spoilt == [1]
    assert content(made) == content(whole)


def test_the_files_that_words_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They come to a worker in pieces under its own names, a network's second file as well; other words stay."""
    monkeypatch.setattr(cluster_store, "PIECE", 5)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.mkv").write_bytes(b"a long video")
    (tmp_path / "net.param").write_bytes(b"param")
    (tmp_path / "net.bin").write_bytes(b"weights")

    class Store(Cluster):
        def put(self, value: bytes) -> bytes:
            assert len(value) <= 5
            return value

    (tmp_path / "film").write_bytes(b"not meant")
    words = ["upscale", "in.mkv", "out/o.mkv", "--model=net.param", "--crf", "20", "--tune", "film"]
    told, files = cluster_store.put_files(Store(), words, Path("in.mkv"), Path("out/o.mkv"))
    there = tmp_path / "worker"
    there.mkdir()
    own = cluster_store.get_files(Store(), told, files, there)
    assert own == [
        "upscale",
        f"{there}/0/in.mkv",
        f"{there}/o.mkv",
        f"--model={there}/1/net.param",
        *words[4:],
    ]
    assert [(there / name).read_bytes() for name in ("0/in.mkv", "1/net.param", "1/net.bin")] == [
        b"a long video",
        b"param",
        b"weights",
    ]


def test_dealing() -> None:
    dealer = Dealer()
    assert dealer.next(0) == []
    dealer.offer([0, 1, 2, 3, 4], {})
    assert (dealer.next(0), dealer.next(1)) == ([0, 1], [2, 3])
    dealer.deliver(0, {}, b"first")
    dealer.forget(0)  # which died before its second part
    assert dealer.next(1) == [1, 4]
    dealer.deliver(1, {}, b"second")
    dealer.deliver(1, {}, b"from the dead")
    assert [(number, video) for number, _, video in dealer.collect()] == [(0, b"first"), (1, b"second")]
    assert dealer.collect() == []
    dealer.end()
    assert dealer.next(1) is None
