"""Short scripts give what vs-mlrt gave for them: format, size, length, rate, properties, numbers, or the error's class.

The recording was made by vs-mlrt's script 3.23.2 on its plugins 17.1 (calls.py). Numbers agree to 1e-4, which covers
what two builds of OpenVINO and ONNX Runtime differ by on these networks in fp32, and to 1e-2 where a script asks for
half precision, which processors compute in different ways.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import calls

import vsmlrt
from hosting import plugin_core

RECORDED: list[tuple[str, dict[str, Any]]] = json.loads((Path(__file__).parent / "calls.json").read_text())


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Any:
    plugin_core()
    folder = tmp_path_factory.mktemp("models")
    calls.models(folder)
    yield folder
    del vsmlrt.models_path


def test_the_recording_is_of_these_scripts() -> None:
    assert [script for script, _ in RECORDED] == calls.SCRIPTS
    assert len(RECORDED) > 100


def expected_properties(script: str, name: str, recorded: dict[str, int]) -> dict[str, int]:
    """GRAY made of RGB does not say that its matrix is RGB's, which resize refuses; the plugins keep it, as there."""
    if script.startswith("vsmlrt.") and name.startswith("Gray") and recorded.get("_Matrix") == 0:
        return {key: value for key, value in recorded.items() if key != "_Matrix"}
    return recorded


@pytest.mark.parametrize(("script", "wanted"), RECORDED, ids=range(len(RECORDED)))
def test_a_script_gives_what_vs_mlrt_gives(script: str, wanted: dict[str, Any], models: Path) -> None:
    found = calls.run(script, models)
    if "clip" not in wanted:
        assert found == wanted, script
        return
    assert found.get("clip") == wanted["clip"], (script, found.get("error"))
    tolerance = 1e-2 if "fp16=True" in script or "RGBH" in wanted["clip"][0] else 1e-4
    for mine, other in zip(found["frames"], wanted["frames"], strict=True):
        assert mine["props"] == expected_properties(script, wanted["clip"][0], other["props"]), script
        np.testing.assert_allclose(mine["pixels"], other["pixels"], atol=tolerance, err_msg=script)
