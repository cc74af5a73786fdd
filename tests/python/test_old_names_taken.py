"""When a plugin leaves one of vs-mlrt's names: its own is here, a wrapper would mind it, a variable says so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import ready
from old_plugins import FOLDER, NAMES, PEERS

NAMESPACES = """
import sys
import vapoursynth as vs
try:
    vs.core.std.LoadPlugin(sys.argv[1])
except vs.Error as error:
    assert "already loaded" in str(error), error
print(*(plugin.namespace for plugin in vs.core.core.plugins()))
"""


def namespaces(name: str, **environment: str) -> set[str]:
    """Those of a core in another process, which has the plugin of this name."""
    command = [sys.executable, "-c", NAMESPACES, str(FOLDER / f"libmlrt_{name}.so")]
    done = ready.run(command, env=os.environ | environment, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("name", NAMES)
def test_a_variable_turns_the_names_off(name: str) -> None:
    assert name in namespaces(name)
    others = ",".join(other for other in NAMES if other != name)
    for off in ("0", others, others.replace(",", ", ")):
        found = namespaces(name, VSMLRT_OLD_NAMES=off)
        assert f"mlrt_{name}" in found
        assert name not in found
    for on in ("", "1", name, f"{others}, {name}"):
        assert name in namespaces(name, VSMLRT_OLD_NAMES=on)


BARE = """
import sys
import vapoursynth as vs

class Bare(vs.EnvironmentPolicy):
    def on_policy_registered(self, special_api):
        self.environment = special_api.create_environment(int(vs.CoreCreationFlags.DISABLE_AUTO_LOADING))
    def on_policy_cleared(self):
        self.environment = None
    def get_current_environment(self):
        return self.environment
    def set_environment(self, environment):
        return self.environment

vs.register_policy(Bare())
for path in sys.argv[1:]:
    vs.core.std.LoadPlugin(path)
print(*(plugin.namespace for plugin in vs.core.core.plugins()))
"""


def test_names_that_mean_engines_stand_aside_where_a_wrapper_would_build_them(tmp_path: Path) -> None:
    """vsjetpack takes core.trt and core.migx before core.ort and core.ncnn, and then needs the vendor's builder."""
    plugins = tmp_path / "vapoursynth" / "plugins" / "mlrt"
    plugins.parent.mkdir(parents=True)
    plugins.symlink_to(FOLDER)

    def found(**environment: str) -> set[str]:
        command = [sys.executable, "-c", BARE, *(str(plugins / f"libmlrt_{name}.so") for name in NAMES)]
        done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=True)
        return {name.removeprefix("mlrt_") for name in done.stdout.split() if name.startswith("mlrt_")}

    assert found() == set()
    wrapper = tmp_path / "vsscale" / "mlrt" / "backend" / "trt.py"
    wrapper.parent.mkdir(parents=True)
    wrapper.touch()
    assert found() == {"trt", "trt_rtx", "migx"}
    assert found(VSMLRT_OLD_NAMES="1") == set()
    assert found(VSMLRT_OLD_NAMES="ov,trt") == {"ort", "ncnn", "trt_rtx", "migx"}


@pytest.mark.parametrize("name", NAMES)
def test_the_name_stays_with_a_plugin_that_the_core_loads_by_itself(name: str, tmp_path: Path) -> None:
    stem, identifier = PEERS[name]
    (tmp_path / "deeper").mkdir()
    file = tmp_path / "deeper" / f"lib{stem}.so"
    file.write_bytes(b"another plugin")
    assert name in namespaces(name, VAPOURSYNTH_EXTRA_PLUGIN_PATH=str(tmp_path))
    file.write_bytes(b"..." + identifier.encode() + b"...")
    found = namespaces(name, VAPOURSYNTH_EXTRA_PLUGIN_PATH=str(tmp_path))
    assert f"mlrt_{name}" in found
    assert name not in found


TAKEN = """
import logging, sys
import vapoursynth as vs
logging.basicConfig(level=logging.DEBUG, stream=sys.stdout)
for name in ("libvsmlrt.so", "libmlrt_ov.so"):
    try:
        vs.core.std.LoadPlugin(sys.argv[1] + "/" + name)
    except vs.Error as error:
        assert "already loaded" in str(error), error
for _ in range(2):
    version = vs.core.mlrt.Version
    version()
"""


def test_a_taken_name_is_said_once_for_debugging(tmp_path: Path) -> None:
    stem, identifier = PEERS["ov"]
    (tmp_path / f"lib{stem}.so").write_bytes(identifier.encode())
    done = subprocess.run(
        [sys.executable, "-c", TAKEN, str(FOLDER)],
        env=os.environ | {"VAPOURSYNTH_EXTRA_PLUGIN_PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line for line in done.stdout.splitlines() if "core.mlrt_ov" in line]
    assert [line.split(" ")[0] for line in lines] == ["DEBUG:vapoursynth:mlrt:"]
