"""Networks are found by name or path, in the user's folder first, and what is missing says how to get it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hosting import plugin_core
from networks import convs
from vsmlrt import store
from vsmlrt.errors import NetworkNotFoundError, UserError


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def test_a_missing_network_names_the_command_that_brings_it(models: Path) -> None:
    with pytest.raises(NetworkNotFoundError, match=r"vsmlrt models fetch realesr-animevideov3-x2"):
        store.resolve("animevideov3", scale=2)
    assert not models.exists()


def test_a_network_of_the_users_own_names_vs_mlrts_folder() -> None:
    with pytest.raises(
        NetworkNotFoundError, match=r"drunet_color\.onnx.*vsmlrt models fetch dpir.*vsmlrt models add.*VSMLRT_MODELS"
    ):
        store.resolve("dpir")


def test_the_named_folder_comes_before_the_users(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = tmp_path / "mine"
    put(models, "RealESRGANv2/realesr-animevideov3.param", "RealESRGANv2/realesr-animevideov3.bin")
    put(mine, "RealESRGANv2/realesr-animevideov3.onnx")
    monkeypatch.setenv("VSMLRT_MODELS", str(mine))
    assert store.resolve("animevideov3", scale=4).path == mine / "RealESRGANv2/realesr-animevideov3.onnx"
    monkeypatch.delenv("VSMLRT_MODELS")
    assert store.resolve("animevideov3", scale=4).path == models / "RealESRGANv2/realesr-animevideov3.param"


def test_a_param_without_its_weights_is_not_there(models: Path) -> None:
    put(models, "RealESRGANv2/realesr-animevideov3.param")
    with pytest.raises(NetworkNotFoundError):
        store.resolve("animevideov3", scale=4)


def name_chosen(name: str, scale: float | None = None, noise: int | None = None) -> str:
    return store._choose(name, scale, noise)[1].name


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (("animevideov3",), "realesr-animevideov3-x2"),
        (("animevideov3", 3), "realesr-animevideov3-x3"),
        (("animevideov3", 2.5), "realesr-animevideov3-x3"),
        (("animevideov3", 8), "realesr-animevideov3-x4"),
        (("realesrgan", 4), "realesr-animevideov3-x4"),
        (("waifu2x",), "waifu2x-cunet-2x"),
        (("cunet", 1, 2), "waifu2x-cunet-1x-noise2"),
        (("cunet", 4, 3), "waifu2x-cunet-2x-noise3"),
        (("cugan", 4, 0), "cugan-se-4x-conservative"),
        (("pro", 3, 3), "cugan-pro-3x-denoise3x"),
        (("photo", 2), "waifu2x-photo-scale"),
        (("cugan-nose-2x-no-denoise",), "cugan-nose-2x-no-denoise"),
    ],
)
def test_names_of_models_and_families_choose_by_scale_and_noise(given: tuple[str], wanted: str) -> None:
    assert name_chosen(*given) == wanted


def test_a_model_that_does_not_denoise_says_so() -> None:
    with pytest.raises(UserError, match="animevideov3 has no choice of denoising strengths; 2 was asked for"):
        store.resolve("animevideov3", noise=2)


def test_a_strength_that_a_model_lacks_lists_those_it_has() -> None:
    with pytest.raises(UserError, match="cugan has the denoising strengths -1, 0, 1, 2, 3; 9 was asked for"):
        store.resolve("cugan", noise=9)


def test_an_unknown_name_is_answered_by_the_nearest() -> None:
    with pytest.raises(UserError, match=r"called animevideo3.*did you mean animevideov3"):
        store.resolve("animevideo3")


@pytest.mark.parametrize("name", ["missing.onnx", "folder/missing", "missing.param"])
def test_a_missing_file_is_named(name: str) -> None:
    with pytest.raises(NetworkNotFoundError, match=f"there is no network file {name}"):
        store.resolve(name)


def test_the_list_says_what_is_on_disk(models: Path) -> None:
    put(models, "dpir/drunet_color.onnx", "mine.onnx", "half.param")
    rows = {row.name: row for row in store.listing()}
    assert rows["dpir-drunet_color"].path == models / "dpir/drunet_color.onnx"
    assert rows["mine"].path == models / "mine.onnx"
    assert rows["realesr-animevideov3-x2"].path is None
    assert "half" not in rows


def test_only_the_pro_networks_onnx_files_compute_on_a_narrow_range(models: Path) -> None:
    put(models, "cugan/pro-conservative-up2x.param", "cugan/pro-conservative-up2x.bin")
    assert store.locate("cugan", "pro", scale=2, noise=0).value_range == (0, 1)
    put(models, "cugan/pro-conservative-up2x.onnx")
    assert store.locate("cugan", "pro", scale=2, noise=0).value_range == (0.15, 0.85)


def test_import_wants_an_onnx_name(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"must end in \.onnx"):
        store.import_network(tmp_path / "a.param", tmp_path / "a.txt")


def test_a_file_that_takes_one_channel_more_than_it_gives_takes_a_noise_level(tmp_path: Path) -> None:
    plugin_core()
    found = store.resolve(convs(tmp_path / "mine.onnx", channels=4))
    assert (found.card.channels, found.card.maps) == (3, ("strength",))
    found = store.resolve(convs(tmp_path / "plain.onnx", channels=3))
    assert (found.card.channels, found.card.maps) == (3, ())


def test_a_network_is_removed_with_what_belongs_to_it(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from vsmlrt import cli

    models.mkdir(parents=True)
    for name in ("mine.param", "mine.bin", "mine.param.origin", "other.onnx"):
        (models / name).write_bytes(b"7767517\n1 1\nInput data 0 1 data\n")
    assert cli.run(["models", "remove", "mine"]) == 0
    assert [Path(line).name for line in capsys.readouterr().out.split()] == [
        "mine.param",
        "mine.bin",
        "mine.param.origin",
    ]
    assert [path.name for path in models.iterdir()] == ["other.onnx"]
