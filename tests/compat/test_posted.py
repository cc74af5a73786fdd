"""Scripts in the manner of posted ones run as they stand."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import calls
import posted

import ready

RUN = """
import runpy, sys
import vapoursynth as vs
runpy.run_path(sys.argv[1])
clip = vs.get_output(0).clip
for n in range(min(2, clip.num_frames)):
    clip.get_frame(n).close()
print(clip.format.name, clip.width, clip.height, clip.num_frames, clip.fps)
"""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    calls.models(folder)
    return folder


@pytest.mark.parametrize("name", posted.SCRIPTS)
def test_script(tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    text, wanted = posted.SCRIPTS[name]
    monkeypatch.setenv("VSMLRT_MODELS", str(models))
    script = tmp_path / "script.vpy"
    script.write_text(text.replace("MODELS", str(models)))
    done = ready.run([sys.executable, "-c", RUN, script], text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == " ".join(map(str, wanted))
