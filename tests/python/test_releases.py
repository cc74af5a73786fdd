"""Networks from a public release: a local server that answers as the release host does, redirects included."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import networks
from command import sentence_of, vsmlrt
from vsmlrt import catalog, releases, store
from vsmlrt.errors import DownloadError

py7zr = pytest.importorskip("py7zr", reason="the package py7zr is not installed")


class Host:
    """What the release host has, and what it was asked for."""

    def __init__(self) -> None:
        self.files: dict[tuple[str, str], bytes] = {}
        self.digests = True
        self.damaged = False
        self.status = 200
        self.asked: list[str] = []
        self.url = ""

    def listing(self, tag: str) -> bytes:
        assets = [
            {
                "name": name,
                "size": len(content),
                "digest": f"sha256:{hashlib.sha256(content).hexdigest()}" if self.digests else None,
                "browser_download_url": f"{self.url}/AmusementClub/vs-mlrt/releases/download/{of}/{name}",
            }
            for (of, name), content in self.files.items()
            if of == tag
        ]
        return json.dumps({"tag_name": tag, "assets": assets}).encode()


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    state = Host()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.path)
            parts = self.path.strip("/").split("/")
            if state.status != 200:
                self._answer(state.status, b"{}")
            elif parts[:1] == ["repos"]:
                self._answer(200, state.listing(parts[-1]))
            elif parts[0] == "store":
                content = state.files[parts[1], parts[2]]
                self._answer(200, b"x" * len(content) if state.damaged else content)
            else:
                self.send_response(302)  # as the real host, to where the bytes are
                self.send_header("Location", f"{state.url}/store/{parts[-2]}/{parts[-1]}")
                self.end_headers()

        def _answer(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("VSMLRT_RELEASES", state.url)
    yield state
    server.shutdown()


@pytest.fixture
def archive(tmp_path: Path, host: Host) -> Path:
    """DPIR's archive, with two of its networks."""
    path = tmp_path / "dpir_v3.7z"
    network = networks.identity(tmp_path / "same.onnx", 4)
    with py7zr.SevenZipFile(path, "w") as archive:
        for name in ("drunet_color", "drunet_deblocking_color"):
            archive.write(network, f"dpir/{name}.onnx")
    host.files["model-20211209", "dpir_v3.7z"] = path.read_bytes()
    return path


def everything_in(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()) if folder.exists() else []


def test_the_archive_is_checked_and_serves_its_whole_family(host: Host, archive: Path, models: Path) -> None:
    said: list[str] = []
    assert store.fetch(["dpir"], said.append) == [models / "dpir/drunet_color.onnx"]
    names = ["dpir/drunet_color.onnx", "dpir/drunet_deblocking_color.onnx"]
    assert everything_in(models) == sorted([*names, *(f"{name}.origin" for name in names)])
    kept = (models / "dpir/drunet_color.onnx.origin").read_text()
    assert f"archive-sha256 {hashlib.sha256(archive.read_bytes()).hexdigest()}" in kept
    assert f"sha256 {hashlib.sha256((models / names[0]).read_bytes()).hexdigest()}" in kept
    assert "licence MIT" in kept
    assert any(line.startswith("licence of DPIR: MIT") for line in said)
    asked = len(host.asked)
    assert store.fetch(["dpir", "dpir-drunet_deblocking_color"], said.append) == []
    assert len(host.asked) == asked  # neither is downloaded again
    assert store.resolve("dpir-drunet_color").path == models / "dpir/drunet_color.onnx"


def test_a_damaged_network_is_fetched_again(host: Host, archive: Path, models: Path) -> None:
    store.fetch(["dpir"])
    whole = (models / "dpir/drunet_color.onnx").read_bytes()
    (models / "dpir/drunet_color.onnx").write_bytes(b"damaged")
    store.fetch(["dpir"])
    assert (models / "dpir/drunet_color.onnx").read_bytes() == whole


def test_another_archive_than_the_listed_one_is_refused(host: Host, archive: Path, models: Path) -> None:
    host.damaged = True
    with pytest.raises(DownloadError, match=r"dpir_v3\.7z is not the file that the release lists: its SHA-256"):
        store.fetch(["dpir"])
    assert everything_in(models) == []


def test_where_the_release_lists_no_digest_that_is_said(host: Host, archive: Path, models: Path) -> None:
    host.digests = False
    said: list[str] = []
    store.fetch(["dpir"], said.append)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    assert any("lists no digest of dpir_v3.7z" in line and digest in line for line in said)


def test_what_the_archive_lacks_is_named(host: Host, archive: Path, models: Path) -> None:
    with pytest.raises(DownloadError, match=r"dpir_v3\.7z of .* does not hold dpir-drunet_gray$"):
        store.fetch(["dpir-drunet_gray"])


def test_a_release_without_the_archive(host: Host, models: Path) -> None:
    with pytest.raises(DownloadError, match=r"releases/tag/external-models has no rife_v2_v4\.7z$"):
        store.fetch(["rife"])


@pytest.mark.parametrize(("status", "why"), [(403, "too many requests"), (404, "it answers 404")])
def test_a_host_that_refuses(host: Host, archive: Path, models: Path, status: int, why: str) -> None:
    host.status = status
    with pytest.raises(DownloadError, match=why):
        store.fetch(["dpir"])
    assert everything_in(models) == []


def test_a_host_that_is_not_there(monkeypatch: pytest.MonkeyPatch, models: Path) -> None:
    monkeypatch.setenv("VSMLRT_RELEASES", "http://127.0.0.1:9")
    with pytest.raises(DownloadError, match=r"cannot be reached \(Connection refused\): check the connection"):
        store.fetch(["dpir"])


def test_each_network_without_a_wheel_has_an_archive() -> None:
    """Names as published: the families that only a release carries."""
    archives = {
        releases.archive_of(family, entry)
        for family, entry in store.entries()
        if family.release is not None and not entry.origin
    }
    assert {"rife_v2_v4.7z", "rife_v4.26.7z", "rife_v4.17_lite.7z", "dpir_v3.7z", "safa_v0.1.7z"} <= archives
    assert {name for name, family in catalog.families().items() if family.release} >= {"rife", "dpir", "safa"}


def test_on_the_command_line(host: Host, archive: Path, models: Path) -> None:
    """The first time it is placed, the second time that is what is said."""
    done = vsmlrt("models", "fetch", "dpir")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("dpir/drunet_color.onnx")
    assert "licence of DPIR: MIT" in done.stderr
    again = vsmlrt("models", "fetch", "dpir")
    assert again.returncode == 0
    assert again.stdout == ""
    assert "nothing to do" in again.stderr
    absent = vsmlrt("models", "fetch", "safa")
    assert absent.returncode == 1
    assert "has no safa_v0.1.7z" in sentence_of(absent)
