"""The versions of wheels that the tests may run with: those that pyproject.toml asks for."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

PROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


def wanted() -> list[str]:
    """The package's requirements and those of its tests."""
    project = tomllib.loads(PROJECT.read_text())["project"]
    return [*project["dependencies"], *project["optional-dependencies"]["dev"]]


def installed(name: str) -> str | None:
    """A package's version, None where it is not there: then the tests that need it are skipped."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def refused(requirements: Iterable[str], version_of: Callable[[str], str | None]) -> list[str]:
    """A sentence for each package that is there in a version that is not wanted."""
    sentences = []
    for requirement in map(Requirement, requirements):
        version = version_of(requirement.name)
        if version is not None and not requirement.specifier.contains(version, prereleases=True):
            sentences.append(
                f"{requirement.name} {version} is installed, and the tests are made for {requirement}: "
                f"pip install '{requirement}', or change the bound in pyproject.toml and see whether they pass"
            )
    return sentences
