"""Profiles in a TOML file: behind the command line's own words, before the defaults, and wrong ones named."""

from __future__ import annotations

from pathlib import Path

import pytest

from command import sentence_of, vsmlrt
from vsmlrt.cli import profiles
from vsmlrt.video.errors import UsageError

OWN = {"source", "output", "profile", "preset_name", "material", "model", "scale", "crf", "overwrite"}
KNOWN = OWN | {"fps"}
FLAGS = {"overwrite"}


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "config.toml"
    monkeypatch.setenv("VSMLRT_CONFIG", str(path))
    path.write_text(
        """
        [profiles.anime]
        model = "cugan"
        scale = 1.5
        crf = 18
        overwrite = true
        fps = "24000/1001"
        [profiles.typo]
        scael = 2
        [profiles.listed]
        crf = [1, 2]
        [profiles.names]
        output = "out.mkv"
        """
    )
    return path


@pytest.mark.parametrize(
    "words", [["--profile", "anime"], ["--profile=anime"], ["--profile", "x", "--profile", "anime"]]
)
def test_a_command_takes_what_it_knows(config: Path, words: list[str]) -> None:
    found = profiles.defaults(["in.mkv", *words], OWN, KNOWN.copy, FLAGS)
    assert found == {"model": "cugan", "scale": 1.5, "crf": 18, "overwrite": True}


def test_a_profile_stands_before_a_choice_by_name(config: Path) -> None:
    assert profiles.defaults(["--preset-name", "best"], OWN, KNOWN.copy, FLAGS)["model"] == "realesrgan-x4plus-anime"
    assert (
        profiles.defaults(["--preset-name", "best", "--profile", "anime"], OWN, KNOWN.copy, FLAGS)["model"] == "cugan"
    )
    assert profiles.defaults(["--preset-name=fast", "--material=natural"], OWN, KNOWN.copy, FLAGS)["model"].endswith(
        "photo-2x"
    )


def test_every_network_that_is_chosen_is_known() -> None:
    from vsmlrt import catalog, store

    for of in profiles.NETWORKS.values():
        assert set(of) == set(profiles.PRESET_NAMES)
        for name in of.values():
            found = store.identify(name, 2, None)
            assert not isinstance(found, Path)
            entry = found[1]
            assert entry.origin or any(
                entry in family.entries and family.release for family in catalog.families().values()
            ), f"{name} can be fetched from nowhere"


def test_nothing_is_read_where_no_name_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VSMLRT_CONFIG", "/nowhere/at/all")
    assert profiles.defaults(["in.mkv", "--", "--profile", "anime"], OWN, KNOWN.copy, FLAGS) == {}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nobody", "which are anime, typo, listed, names; not 'nobody'"),
        ("typo", "the profile typo has scael, which is not an option"),
        ("listed", "crf of the profile listed has to be a word, a number, true or false"),
        ("names", "the profile names has output, which is not an option that a profile can have"),
    ],
)
def test_what_is_wrong_is_named(config: Path, name: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        profiles.defaults(["--profile", name], OWN, KNOWN.copy, FLAGS)
    assert said in str(refused.value)


def test_a_file_that_is_not_toml(config: Path) -> None:
    config.write_text("profiles = [")
    with pytest.raises(UsageError, match="cannot be read"):
        profiles.defaults(["--profile", "anime"], OWN, KNOWN.copy, FLAGS)
    config.unlink()
    with pytest.raises(UsageError, match=r"there is no .*config.toml; write a table \[profiles.anime\] into it"):
        profiles.defaults(["--profile", "anime"], OWN, KNOWN.copy, FLAGS)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("crf = true", "crf of the profile a has to be a word or a number, not True"),
        ('quiet = "no"', "quiet of the profile a has to be true or false, not 'no'"),
        ('crf = "high"', "config.toml: crf: Input should be a valid integer"),
        ("segment = 'x'", "config.toml: segment: Input should be a valid number"),
    ],
)
def test_a_value_of_another_kind_is_refused_by_where_it_stands(config: Path, written: str, said: str) -> None:
    config.write_text(f"[profiles.a]\n{written}\n")
    assert said in sentence_of(vsmlrt("upscale", "in.mkv", "out.mkv", "--profile", "a"))


def test_the_command_line_is_blamed_for_its_own_words(config: Path) -> None:
    config.write_text("[profiles.a]\ncrf = 18\n")
    said = sentence_of(vsmlrt("upscale", "in.mkv", "out.mkv", "--profile", "a", "--crf", "high"))
    assert "Invalid value for '--crf'" in said


def test_a_file_that_an_editor_of_windows_wrote(config: Path) -> None:
    config.write_bytes(b"\xef\xbb\xbf[profiles.a]\r\ncrf = 18\r\n")
    assert profiles.defaults(["--profile", "a"], OWN, KNOWN.copy, FLAGS) == {"crf": 18}


def test_a_flag_that_turns_something_off(config: Path) -> None:
    config.write_text("[profiles.a]\nno-dedup = true\n")
    assert profiles.defaults(["--profile", "a"], {*OWN, "dedup"}, lambda: {*KNOWN, "dedup"}, {"dedup"}) == {
        "dedup": False
    }
