"""Tags of files and streams: which describe the content, and when two containers say the same."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

_STALE = ("encoder", "major_brand", "minor_version", "compatible_brands", "duration", "vendor_id", "alpha_mode")
"""Tags that describe the old file and not its content."""

_UNNAMED = {"VideoHandler", "SoundHandler", "SubtitleHandler", "DataHandler", "TimeCodeHandler", ""}
"""What MP4 says of a stream that has no name of its own."""

_BIBLIOGRAPHIC = "alb arm baq bur chi cze dut fre geo ger gre ice mac mao may per rum slo tib wel"
_TERMINOLOGIC = "sqi hye eus mya zho ces nld fra kat deu ell isl mkd mri msa fas ron slk bod cym"
"""ISO 639-2 has two codes for twenty languages; containers store either."""


def kept_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags that are still true in a new file."""
    return {
        "title" if shared_name(key) == "title" else key: _one_moment(value)
        if shared_name(key) == "creation_time"
        else value
        for key, value in tags.items()
        if shared_name(key).partition("-")[0] not in _STALE
        and not key.upper().startswith(("_STATISTICS", "BPS", "NUMBER_OF_"))
        and not shared_name(key).endswith("_umid")
        and not (shared_name(key) == "handler_name" and value in _UNNAMED)
        and not (key == "language" and value == "und")
    }


def shared_name(key: str) -> str:
    """The name that a tag has in every container: Matroska writes capitals, MP4 tells a stream's title as its name."""
    return {"name": "title"}.get(key.lower(), key.lower())


def same_tag(key: str, value: str, other: str) -> bool:
    """Whether two containers that store a tag in their own ways say the same."""
    if value == other:
        return True
    if key == "language":
        terms = dict(zip(_BIBLIOGRAPHIC.split(), _TERMINOLOGIC.split(), strict=True))
        return terms.get(value, value) == terms.get(other, other)
    if key == "creation_time":
        moment = _moment(value)
        return moment is not None and moment == _moment(other)
    return False


def _one_moment(value: str) -> str:
    """FFmpeg joins what a file says of its creation in two places; one of them, if they agree."""
    first, *others = value.split(";")
    return first if all(same_tag("creation_time", first, other) for other in others) else value


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.split(";")[0])
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).replace(microsecond=0)
