r"""What names and paths are on Windows alone: devices, drives, shares, long ones, other case, files that others hold.

Runs as tests/windows/test_windows.py does. ``VSMLRT_TEST_SHARE`` names a folder on a share that may be written
(``\\localhost\share``), ``VSMLRT_TEST_DRIVE`` another drive (``Y:``); without them those tests are skipped.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

if sys.platform != "win32":
    pytest.skip("these tests are about Windows; tools/windows runs them under Wine", allow_module_level=True)

import vapoursynth as vs
from test_windows import SCRIPT_NAME, command, frame_sizes, network_file, video_file

from vsmlrt import cli, held, locks
from vsmlrt.plugin import lists

DOUBLED = [(128, 96)] * 24


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))


@pytest.fixture
def network(tmp_path: Path) -> Path:
    return network_file(tmp_path / "network.onnx")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return video_file(tmp_path / "in.mkv")


@contextlib.contextmanager
def opened(path: Path, sharing: int) -> Iterator[None]:
    """Another program has the file open and lets others do what ``sharing`` says (FILE_SHARE_...: 1 read, 2 write)."""
    kernel = ctypes.WinDLL("kernel32")
    kernel.CreateFileW.restype = ctypes.c_void_p
    handle = kernel.CreateFileW(str(path), 0x80000000, sharing, None, 3, 0, None)
    assert handle not in (None, ctypes.c_void_p(-1).value)
    try:
        yield
    finally:
        kernel.CloseHandle(ctypes.c_void_p(handle))


def run_here(*words: object) -> tuple[int, str]:
    """Exit status and messages of the command, in this process."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        status = cli.run(list(map(str, words)))
    return status, said.getvalue()


def enlarged(source: object, out: object, network: object, *more: str) -> None:
    status, said = run_here("upscale", source, out, "--model", network, *more)
    assert status == 0, said


def refused(*words: object) -> str:
    """The one sentence."""
    status, said = run_here(*words)
    assert status != 0
    assert said.startswith("vsmlrt: error: "), said
    assert said.count("\n") == 1, said
    return said


@pytest.mark.parametrize(
    "name",
    ["nul.mkv", "aux.mkv", "CON.txt.mkv", "com1.mkv", "LPT9 .mkv", "name:stream.mkv", "wh?t.mkv", "NUL\\out.mkv"],
)
def test_an_output_with_the_name_of_a_device_or_a_stream_is_refused_at_once(
    source: Path, network: Path, name: str
) -> None:
    before = sorted(os.listdir(source.parent))
    said = refused("upscale", source, source.parent / name, "--model", network)
    assert "cannot be a file" in said
    assert "give another name" in said
    assert sorted(os.listdir(source.parent)) == before


@pytest.mark.parametrize("name", ["out.mkv.", "out.mkv ", "out.mkv. ."])
def test_names_that_windows_would_shorten_are_refused(source: Path, network: Path, name: str) -> None:
    before = sorted(os.listdir(source.parent))
    refused("upscale", source, f"{source.parent}\\{name}", "--model", network)
    assert sorted(os.listdir(source.parent)) == before


@pytest.mark.parametrize("device", ["NUL", "CON", "aux.mkv", "\\\\.\\NUL"])
def test_a_device_is_no_video(network: Path, tmp_path: Path, device: str) -> None:
    refused("upscale", device, tmp_path / "out.mkv", "--model", network)
    assert not (tmp_path / "out.mkv").exists()


def test_the_same_file_by_another_case_is_refused(source: Path, network: Path) -> None:
    said = refused("upscale", source, source.parent / "IN.MKV", "--model", network, "--overwrite")
    assert "is the input itself" in said
    assert frame_sizes(source) == [(64, 48)] * 24


def test_a_job_goes_on_whatever_the_case_of_its_names(source: Path, network: Path) -> None:
    long = video_file(source.with_name("long.mkv"), frames=600)
    folder = source.parent / "out"
    folder.mkdir()
    words = ["--model", network, "--resume", "--segment", "1", "--backend", "reference"]
    kill_in_the_middle(["upscale", long, folder / "out.mkv", *words], folder)
    done = command("upscale", long.with_name("LONG.mkv"), folder / "OUT.mkv", *words)
    assert done.returncode == 0, done.stderr
    assert b"by an earlier run" in done.stderr
    assert frame_sizes(folder / "out.mkv") == [(128, 96)] * 600


def kill_in_the_middle(words: list[object], folder: Path) -> None:
    """Starts a job in ``folder``, which has two parts when it is killed."""
    job = subprocess.Popen([sys.executable, "-m", "vsmlrt", *map(str, words)], stderr=subprocess.DEVNULL)
    while job.poll() is None and not list(folder.rglob("000001.json")):
        time.sleep(0.01)
    assert job.poll() is None, "the job was done before it could be killed"
    job.kill()
    job.wait()


def test_a_path_from_a_drives_current_folder(source: Path, network: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(source.parent)
    drive = source.drive
    enlarged(f"{drive}in.mkv", f"{drive}out.mkv", f"{drive}network.onnx")
    assert frame_sizes(source.parent / "out.mkv") == DOUBLED


def test_a_path_from_the_drives_root_and_with_slashes(
    source: Path, network: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(source.parent)
    enlarged(source.as_posix(), f"{source.parent.as_posix()}/out.mkv".removeprefix(source.drive), network.as_posix())
    assert frame_sizes(source.parent / "out.mkv") == DOUBLED


def test_a_drive_that_is_not_there_is_named(source: Path, network: Path) -> None:
    missing = next(f"{letter}:" for letter in "QRSTUVW" if not os.path.exists(f"{letter}:\\"))
    assert missing in refused("upscale", source, f"{missing}\\out.mkv", "--model", network)
    assert missing in refused("upscale", f"{missing}\\in.mkv", source.with_name("out.mkv"), "--model", network)


def test_paths_with_the_prefix_of_long_ones(source: Path, network: Path) -> None:
    out = source.with_name("out.mkv")
    enlarged(f"\\\\?\\{source}", f"\\\\?\\{out}", f"\\\\?\\{network}")
    assert frame_sizes(out) == DOUBLED
    assert "does not exist" in refused("upscale", f"\\\\?\\{source}x.mkv", f"\\\\?\\{out}x.mkv", "--model", network)


@pytest.mark.parametrize("length", [235, 255, 300])
def test_a_path_longer_than_the_old_limit(source: Path, network: Path, length: int) -> None:
    """Of 235 characters: the output's own name fits, and those of the files of its job do not."""
    folder = source.parent
    while len(str(folder)) < length - 60:
        folder /= "a folder with a name of forty characters"
    os.makedirs(f"\\\\?\\{folder}", exist_ok=True)
    given, out = folder / "in.mkv", folder / f"{'o' * (length - len(str(folder)) - 5)}.mkv"
    Path(f"\\\\?\\{given}").write_bytes(source.read_bytes())
    assert len(str(out)) == length
    enlarged(given, out, network)
    assert frame_sizes(Path(f"\\\\?\\{out}")) == DOUBLED
    assert sorted(os.listdir(f"\\\\?\\{folder}")) == ["in.mkv", out.name]


def test_a_long_name_of_characters_of_several_bytes(source: Path, network: Path) -> None:
    out = source.with_name("大" * 120 + ".mkv")
    enlarged(source, out, network)
    assert frame_sizes(out) == DOUBLED


def test_a_user_whose_name_is_in_another_script(source: Path, network: Path, tmp_path: Path) -> None:
    home = tmp_path / f"Users {SCRIPT_NAME} Ž"
    local, temporary, roaming = home / "AppData" / "Local", home / "Temp", home / "AppData" / "Roaming"
    temporary.mkdir(parents=True)
    (roaming / "vsmlrt").mkdir(parents=True)
    (roaming / "vsmlrt" / "config.toml").write_text("[profiles.mine]\nstreams = 1\n", encoding="utf-8")
    variables = {"LOCALAPPDATA": str(local), "TEMP": str(temporary), "TMP": str(temporary), "USERPROFILE": str(home)}
    out = source.with_name("out.mkv")
    done = command("upscale", source, out, "--model", network, "--profile", "mine", APPDATA=str(roaming), **variables)
    assert done.returncode == 0, done.stderr
    assert frame_sizes(out) == DOUBLED
    assert list((local / "vsmlrt" / "cache").rglob("*.bsindex"))
    assert os.listdir(temporary) == []


def test_a_table_of_names_that_the_consoles_characters_do_not_have(network: Path, tmp_path: Path) -> None:
    models = tmp_path / "网络"
    models.mkdir()
    (models / "größe 大.onnx").write_bytes(network.read_bytes())
    done = command("models", "list", "--installed", PYTHONIOENCODING="cp437", VSMLRT_MODELS=str(models))
    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr + done.stdout


def test_video_goes_through_pipes_byte_by_byte(source: Path, network: Path, tmp_path: Path) -> None:
    """10 and 13 among the samples are not ends of lines; the standard input is kept in a locked file meanwhile."""
    words = [sys.executable, "-m", "vsmlrt", "upscale", "-", "-", "--model", str(network)]
    with source.open("rb") as video:
        done = subprocess.run(words, stdin=video, capture_output=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    head = done.stdout.partition(b"\n")[0]
    assert head.startswith(b"YUV4MPEG2 W128 H96 ")
    assert len(done.stdout) == len(head) + 1 + 24 * (len(b"FRAME\n") + 128 * 96 * 3 // 2)


def test_numbered_images_are_read(network: Path, tmp_path: Path) -> None:
    import av

    for n in range(3):
        with av.open(str(tmp_path / f"frame{n:03}.png"), "w") as container:
            stream = container.add_stream("png", rate=24)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "rgb24"
            container.mux(stream.encode(av.VideoFrame(64, 48, "rgb24")))
            container.mux(stream.encode(None))
    enlarged(tmp_path / "frame%03d.png", tmp_path / "out.mkv", network)
    assert frame_sizes(tmp_path / "out.mkv") == DOUBLED[:3]


def test_a_lock_keeps_nobody_from_reading_the_file(tmp_path: Path) -> None:
    """Windows lets nobody else read a byte that is locked, so that none of the file's own is."""
    path = tmp_path / "file"
    path.write_bytes(b"content")
    first, second = held.open_file(path), held.open_file(path)
    try:
        assert locks.try_lock(first)
        assert not locks.try_lock(second)
        kernel = ctypes.WinDLL("kernel32")
        import msvcrt

        handle = ctypes.c_void_p(msvcrt.get_osfhandle(second))
        assert kernel.LockFile(handle, 0, 0, 7, 0), "a byte of the file is locked"
    finally:
        os.close(first)
        os.close(second)


def test_a_file_may_be_removed_while_it_is_written(tmp_path: Path) -> None:
    descriptor = held.open_file(tmp_path / "file")
    held.remove(tmp_path / "file")
    os.close(descriptor)
    assert os.listdir(tmp_path) == []


def test_a_scanner_that_holds_a_file_for_a_moment_costs_a_moment(tmp_path: Path) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    new.write_bytes(b"new")
    old.write_bytes(b"old")
    words = "import sys, time\nwith open(sys.argv[1], 'rb'):\n print(flush=True); time.sleep(0.3)"
    scanner = subprocess.Popen([sys.executable, "-c", words, str(old)], stdout=subprocess.PIPE)
    assert scanner.stdout is not None
    scanner.stdout.readline()
    with pytest.raises(PermissionError):
        os.replace(new, old)
    held.replace(new, old)
    scanner.wait()
    assert old.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["old"]


def test_an_input_that_another_program_keeps_to_itself_is_named(source: Path, network: Path) -> None:
    with opened(source, sharing=0):
        assert "in.mkv" in refused("upscale", source, source.with_name("out.mkv"), "--model", network)
    with opened(source, sharing=3):  # a player
        enlarged(source, source.with_name("out.mkv"), network)


def test_an_output_that_cannot_be_replaced_is_named_before_the_work(source: Path, network: Path) -> None:
    out = source.with_name("out.mkv")
    out.write_bytes(b"old")
    words = ["upscale", source, out, "--model", network, "--overwrite"]
    with opened(out, sharing=3):
        assert "another program" in refused(*words)
    out.chmod(0o400)
    assert "read-only" in refused(*words)
    assert out.read_bytes() == b"old"
    out.chmod(0o600)
    enlarged(source, out, network, "--overwrite")
    assert frame_sizes(out) == DOUBLED


def on_share(name: str) -> Path:
    share = os.environ.get("VSMLRT_TEST_SHARE", "")
    if not share:
        pytest.skip("VSMLRT_TEST_SHARE names no folder on a share that may be written")
    folder = Path(share) / f"{name} {uuid.uuid4().hex[:8]}"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("prefix", ["", "\\\\?\\UNC"])
def test_everything_may_lie_on_a_share(
    source: Path, network: Path, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = on_share(SCRIPT_NAME)
    (folder / "in.mkv").write_bytes(source.read_bytes())
    (folder / "network.onnx").write_bytes(network.read_bytes())
    place = prefix + str(folder)[1:] if prefix else str(folder)
    monkeypatch.setenv("LOCALAPPDATA", f"{folder}\\local")
    enlarged(f"{place}\\in.mkv", f"{place}\\out.mkv", f"{place}\\network.onnx")
    assert frame_sizes(folder / "out.mkv") == DOUBLED
    assert sorted(os.listdir(folder)) == ["in.mkv", "local", "network.onnx", "out.mkv"]
    clip = vs.core.std.BlankClip(format=vs.RGBS, width=32, height=24, length=1)
    assert vs.core.mlrt.Model(clip, f"{place}\\network.onnx", backend="reference").get_frame(0).width == 64
    assert lists(vs.core.mlrt.Inspect(f"{place}\\network.onnx")).one("output_type") == "float32"


def test_a_job_on_a_share_goes_on_after_a_kill(network: Path) -> None:
    folder = on_share("job")
    source, out = video_file(folder / "in.mkv", frames=600), folder / "out.mkv"
    words = ["upscale", source, out, "--model", network, "--resume", "--segment", "1", "--backend", "reference"]
    kill_in_the_middle(words, folder)
    done = command(*words)
    assert done.returncode == 0, done.stderr
    assert frame_sizes(out) == [(128, 96)] * 600
    assert sorted(os.listdir(folder)) == ["in.mkv", "out.mkv"]


def test_the_result_may_go_to_another_drive(source: Path, network: Path) -> None:
    drive = os.environ.get("VSMLRT_TEST_DRIVE", "")
    if not drive:
        pytest.skip("VSMLRT_TEST_DRIVE names no other drive")
    out = Path(f"{drive}\\out {uuid.uuid4().hex[:8]}.mkv")
    enlarged(source, out, network)
    assert frame_sizes(out) == DOUBLED
    out.unlink()


INTERRUPTED = """
import pathlib, signal, sys, threading, time
number, folder = int(sys.argv[1]), pathlib.Path(sys.argv[2])

def interrupt():
    while not list(folder.rglob("000001.json")):
        time.sleep(0.01)
    signal.raise_signal(number)

threading.Thread(target=interrupt, daemon=True).start()
from vsmlrt import cli
sys.argv[1:] = sys.argv[3:]
cli.main()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, getattr(signal, "SIGBREAK", signal.SIGINT)])
def test_ctrl_c_and_ctrl_break_keep_what_is_complete(tmp_path: Path, network: Path, number: signal.Signals) -> None:
    """As the C library raises them, in a thread of its own; a console that sends them is not to be had under Wine."""
    source, folder = video_file(tmp_path / "in.mkv", frames=600), tmp_path / "out"
    folder.mkdir()
    out = folder / "out.mkv"
    words = ["upscale", source, out, "--model", network, "--resume", "--segment", "1", "--backend", "reference"]
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, str(int(number)), str(folder), *map(str, words)],
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 1
    assert f"interrupted ({number.name})".encode() in done.stderr
    assert b"--resume goes on" in done.stderr
    assert [path for path in folder.rglob("*") if path.suffix == ".part"] == []
    status, said = run_here(*words)
    assert status == 0, said
    assert frame_sizes(out) == [(128, 96)] * 600
    assert os.listdir(folder) == ["out.mkv"]


def test_two_processes_share_a_job(tmp_path: Path, network: Path) -> None:
    source, folder = video_file(tmp_path / "in.mkv", frames=600), tmp_path / "out"
    folder.mkdir()
    out = folder / "out.mkv"
    words = ["upscale", source, out, "--model", network, "--share", "--segment", "1", "--backend", "reference"]
    both = [
        subprocess.Popen([sys.executable, "-m", "vsmlrt", *map(str, words)], stderr=subprocess.PIPE) for _ in range(2)
    ]
    said = [process.communicate(timeout=300)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert frame_sizes(out) == [(128, 96)] * 600
    assert os.listdir(folder) == ["out.mkv"]


def test_pictures_are_compared(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By filters of FFmpeg that write into a temporary folder, whose path has a drive's colon."""
    report = tmp_path / "report.html"
    status, said = run_here("compare", source, source, "-o", report)
    assert status == 0, said
    assert "PSNR" in report.read_text(encoding="utf-8")
    assert "PSNR: B 100.000" in capsys.readouterr().out
