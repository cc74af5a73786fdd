"""A job that the workers of a Ray cluster do: two machines of one computer, one of which is killed in mid-job."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import networks
from command import vsmlrt
from segment_jobs import content
from video_samples import make_video
from vsmlrt.cli import cluster as cluster_of
from vsmlrt.errors import UserError
from vsmlrt.video import job_folder

ray = pytest.importorskip("ray", reason="Ray is not installed (pip install vsmlrt[ray])")
FP32 = ("--precision", "fp32")


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of two machines, each with one processor and what Ray counts as a GPU."""
    cluster_utils = pytest.importorskip("ray.cluster_utils")
    made = cluster_utils.Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "num_gpus": 1})
    made.add_node(num_cpus=1, num_gpus=1)
    made.wait_for_nodes()
    yield made.address
    made.shutdown()


def command(address: str, *arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "vsmlrt", "upscale", *map(str, arguments), "--ray", address]


def workers() -> list[int]:
    """Processes of Ray that run the command now."""
    listed = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
    return [int(line.split()[0]) for line in listed.splitlines() if "ray::run_" in line]


@pytest.mark.parametrize("files", ["shared", "store"])
def test_a_cluster_gives_what_one_machine_gives(tmp_path: Path, cluster: str, files: str) -> None:
    """Also where a worker is killed (-9) that has made a part."""
    network = networks.convs(tmp_path / "convs.onnx", 3, 2)
    source = make_video(tmp_path / "in.mkv", [512 * n for n in range(240)], size=(640, 480), audio=True)
    asked = ("--model", network, "--segment", "0.5", *FP32)
    more = ("--expiry", "5") if files == "shared" else ("--ray-files", "store", "--ray-worker", "CPU=1")
    whole, made = tmp_path / "whole.mkv", tmp_path / "out.mkv"
    assert vsmlrt("upscale", source, whole, *asked).returncode == 0
    process = subprocess.Popen(command(cluster, source, made, *asked, *more), stderr=subprocess.PIPE, text=True)
    killed = threading.Event()

    def kill() -> None:
        while process.poll() is None:
            if job_folder.unfinished(made)[0] >= 1 and (found := workers()):
                os.kill(found[0], signal.SIGKILL)
                killed.set()
                return
            time.sleep(0.05)

    killer = threading.Thread(target=kill)
    killer.start()
    _, said = process.communicate(timeout=280)
    killer.join()
    assert process.returncode == 0, said
    assert killed.is_set()
    assert "2 workers of the Ray cluster at" in said
    assert content(made) == content(whole)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["convs.onnx", "in.mkv", "out.mkv", "whole.mkv"]


def test_what_a_worker_says_is_said(tmp_path: Path, cluster: str) -> None:
    source = make_video(tmp_path / "in.mkv", [0, 512, 1024])
    done = subprocess.run(
        command(cluster, source, tmp_path / "out.mkv", "--model", "nonsense"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "nonsense" in done.stderr.splitlines()[-1]
    assert not (tmp_path / "out.mkv").exists()


def test_what_a_worker_needs(tmp_path: Path, cluster: str) -> None:
    source = make_video(tmp_path / "in.mkv", [0, 512, 1024])
    for needs in ("TPU=1", "CPU=99", "CPU=1,GPU=2"):
        line = command(cluster, source, tmp_path / "out.mkv", "--ray-worker", needs)
        done = subprocess.run(line, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert f"no machine of the cluster has {needs}; their resources are CPU, GPU" in done.stderr


def test_where_there_is_no_cluster(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mkv", [0, 512, 1024])
    done = vsmlrt("upscale", source, tmp_path / "out.mkv", "--ray", "127.0.0.1:1")
    assert done.returncode == 1
    assert "--ray 127.0.0.1:1: no Ray cluster answers there" in done.stderr


def test_where_workers_go() -> None:
    """One on each GPU, one on each machine where there is none, or as many as there is room for."""

    class Machines:
        def __init__(self, *resources: dict[str, float]) -> None:
            self._nodes: list[dict[str, Any]] = [
                {"NodeID": "0" * 56, "Alive": True, "Resources": one} for one in resources
            ]

        def nodes(self) -> list[dict[str, Any]]:
            return self._nodes

        def cluster_resources(self) -> dict[str, float]:
            names = {name for node in self._nodes for name in node["Resources"]}
            return {name: sum(node["Resources"].get(name, 0) for node in self._nodes) for name in names}

    class Task:
        def options(self, **given: Any) -> dict[str, Any]:
            return given

    plain, cards = Machines({"CPU": 4}, {"CPU": 8}), Machines({"CPU": 4, "GPU": 2}, {"CPU": 64, "GPU": 1, "fast": 1})
    assert [place(Task()) for place in cluster_of._places(cards)] == [{"num_gpus": 1}] * 3
    alone = [place(Task()) for place in cluster_of._places(plain)]
    assert [(one["num_cpus"], one["scheduling_strategy"].node_id) for one in alone] == [(1, "0" * 56)] * 2
    fitting = [place(Task()) for place in cluster_of._fitting(cards, {"CPU": 16, "fast": 0.5})]
    assert fitting == [{"num_cpus": 16, "num_gpus": 0, "resources": {"fast": 0.5}}] * 2
    with pytest.raises(UserError, match="no machine of the cluster has CPU=65; their resources are CPU, GPU, fast"):
        cluster_of._fitting(cards, {"CPU": 65})
