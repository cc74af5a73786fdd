"""The options of the commands, and the reading of those that are more than a word or a number."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core
from rich.markup import escape

from ..backend import named
from ..backend import options as backend_options
from ..store import Network
from ..video.errors import UsageError
from ..video.job_folder import Asked, size_and_digest
from ..video.segments import SECONDS
from ..video.task import PATIENCE
from . import profiles, values

HELP = {"help_option_names": ["-h", "--help"]}


class _PlainHelp:
    """A command whose help names no type behind the flag for help."""

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)  # type: ignore[misc]
        if option is not None:
            option.metavar = ""
        return option


class Command(_PlainHelp, typer.core.TyperCommand):
    """A command, whose defaults may come from a profile."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Reads the words, with what they name as defaults."""
        own = {str(param.name) for param in self.params}
        if not ctx.resilient_parsing:

            def known() -> set[str]:  # builds every command
                commands = getattr(ctx.find_root().command, "commands", {"": self})
                return {str(param.name) for command in commands.values() for param in command.params}

            flags = {str(param.name) for param in self.params if getattr(param, "is_flag", False)}
            ctx.default_map = profiles.defaults(args, own, known, flags) or ctx.default_map
        try:
            return super().parse_args(ctx, args)
        except typer.BadParameter as error:
            name = error.param.name if error.param is not None else None
            if name is None or (source := ctx.get_parameter_source(name)) is None or source.name != "DEFAULT_MAP":
                raise
            raise UsageError(f"{profiles.config_file()}: {name.replace('_', '-')}: {error.message}") from error

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Prints the help, in which a bracket is a bracket and not a style."""
        params: list[Any] = self.params
        before = [(param, param.help) for param in params if getattr(param, "help", None)]
        try:
            for param, told in before:
                param.help = escape(told)
            super().format_help(ctx, formatter)
        finally:
            for param, told in before:
                param.help = told


class Group(_PlainHelp, typer.core.TyperGroup):
    """Several commands."""


BACKENDS = named.offered()
PRECISIONS = backend_options.PRECISIONS

In = Annotated[
    list[Path],
    typer.Argument(
        metavar="IN...",
        help="The video to read, images such as frame%05d.png, or - for the standard input; or several, folders, "
        "patterns such as '*.mkv'.",
        show_default=False,
    ),
]
Out = Annotated[
    str,
    typer.Argument(
        metavar="OUT",
        help="The video to write: .mkv, .mp4, .mov, .webm, .y4m, or - for raw video into a pipe; images: .png for one, "
        "%05d.png for all, .apng or .webp that move; of several, a folder.",
        show_default=False,
    ),
]
_MODEL = typer.Option(metavar="NAME|PATH", help="The network: a name of 'vsmlrt models list' or a file.")
Model = Annotated[str, _MODEL]
ModelOrNone = Annotated[str | None, _MODEL]
Scale = Annotated[float | None, typer.Option(metavar="N", help="Size of the result / size of the video.")]
Width = Annotated[
    int | None, typer.Option(metavar="N", help="Instead of a scale: the width of the result; its shape is kept.")
]
Height = Annotated[int | None, typer.Option(metavar="N", help="The height of the result; with a width, both at most.")]
Denoise = Annotated[int | None, typer.Option(metavar="N", help="Denoising strength, where the model has a choice.")]
Strength = Annotated[float, typer.Option(metavar="S", help="How strong the noise is, 0 to 255.", show_default=False)]
Backend = Annotated[str, typer.Option(metavar="NAME", help=f"What runs the network: {', '.join(BACKENDS)}.")]
Device = Annotated[
    str | None, typer.Option(metavar="N|N,N", help="Numbers or name of the backend's devices (see 'vsmlrt doctor').")
]
Precision = Annotated[str, typer.Option(metavar="|".join(PRECISIONS), help="What the network computes in.")]
Tile = Annotated[str | None, typer.Option(metavar="WxH", help="Compute in tiles of this size. Default: whole frames.")]
Overlap = Annotated[
    int | None, typer.Option(metavar="N", help="Pixels on each side of a tile that its neighbour also computes.")
]
Streams = Annotated[int, typer.Option(metavar="N", help="Frames computed side by side; 0: as many as are fastest.")]
Deinterlace = Annotated[
    bool, typer.Option("--deinterlace", metavar="", help="Make whole frames of an interlaced video's fields (Bwdif).")
]
DoubleRate = Annotated[
    bool, typer.Option("--double-rate", metavar="", help="Of --deinterlace: a frame of each field, twice as many.")
]
Framerate = Annotated[
    str | None, typer.Option(metavar="R|N/D", help="Frames a second of numbered images. Default: 25.")
]
Frames = Annotated[
    str | None, typer.Option(metavar="A:B", help="Only frames A to B-1, counted from 0; either may be left out.")
]
CropText = Annotated[str | None, typer.Option("--crop", metavar="WxH+X+Y", help="Only this rectangle of the video.")]
Codec = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="FFmpeg's name of the video encoder. Default: libx264, libx265 for more than 8 bits, libvpx-vp9 in .webm.",
    ),
]
Crf = Annotated[
    int | None,
    typer.Option(metavar="N", help="The encoder's constant quality; smaller is better. Default: 16 for libx264."),
]
Bitrate = Annotated[
    str | None,
    typer.Option(metavar="N", help="Bits a second on average, such as 8M or 900k, instead of a constant quality."),
]
Preset = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The encoder's preset: of libx264 and libx265 ultrafast to veryslow."),
]
Tune = Annotated[str | None, typer.Option(metavar="NAME", help="The encoder's tuning: of libx264 film, animation, ...")]
EncoderOptions = Annotated[
    str | None,
    typer.Option(
        metavar="K=V:K=V", help="More of the encoder's options by FFmpeg's names; see 'ffmpeg -h encoder=libx264'."
    ),
]
Start = Annotated[str | None, typer.Option(metavar="TIME", help="Only from this time on: seconds, or H:MM:SS.")]
To = Annotated[str | None, typer.Option("--to", metavar="TIME", help="Only up to this time.")]
PixelFormat = Annotated[
    str | None, typer.Option(metavar="F", help="FFmpeg's name of the pixel format. Default: the video's own.")
]
ON_ERROR = ("stop", "skip", "repeat")
OnError = Annotated[
    str,
    typer.Option(
        metavar="|".join(ON_ERROR),
        help="Where frames cannot be decoded: end, leave them out, or repeat the frame before; the last two end with "
        "status 3.",
    ),
]
Audio = Annotated[
    str,
    typer.Option(
        metavar="copy|none|CODEC",
        help="The sound: copied packet by packet, left out, or encoded by aac, opus, flac, mp3, ac3, ...",
    ),
]
AudioBitrate = Annotated[
    str | None,
    typer.Option(metavar="N", help="Bits a second of each sound that is encoded. Default: 96k for each channel."),
]
AudioStreams = Annotated[
    str | None, typer.Option(metavar="N|LANG,...", help="Only these audio streams: numbers from 1 on, or languages.")
]
SubtitleStreams = Annotated[
    str | None, typer.Option(metavar="N|LANG,...", help="Only these subtitle streams; or none.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", "-y", metavar="", help="Replace OUT if it exists.")]
Segment = Annotated[
    float,
    typer.Option(
        metavar="SECONDS",
        help="Length of the parts in which OUT is made, each safe once it is done; 0: in one piece.",
    ),
]
Resume = Annotated[bool, typer.Option("--resume", metavar="", help="Go on with an unfinished job of OUT.")]
Restart = Annotated[bool, typer.Option("--restart", metavar="", help="Throw an unfinished job of OUT away.")]
Share = Annotated[
    bool, typer.Option("--share", metavar="", help="Do this job together with others that run the same command.")
]
Expiry = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS",
        help="Of --share: how long without a sign of life until others take what it had. Default: 60.",
    ),
]
Patience = Annotated[
    float,
    typer.Option(metavar="SECONDS", help="How long a frame may take until it is said that none comes; 0: never."),
]
Ray = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS", help="Have this job done by the workers of a Ray cluster (pip install vsmlrt[ray])."
    ),
]
RAY_FILES = ("shared", "store")
RayFiles = Annotated[
    str,
    typer.Option(
        metavar="|".join(RAY_FILES),
        help="Of --ray: files lie in a folder that all machines see, or go through Ray's object store.",
    ),
]
RayWorker = Annotated[
    str | None,
    typer.Option(
        metavar="NAME=N,...",
        help="Of --ray: what a worker needs, such as CPU=8 or GPU=1. Default: a GPU, or where there is none a machine.",
    ),
]
Profile = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Options from the table [profiles.NAME] of config.toml in ~/.config/vsmlrt."),
]
PresetName = Annotated[
    str | None,
    typer.Option(metavar="|".join(profiles.PRESET_NAMES), help="Choose the network by how much time there is."),
]
Material = Annotated[
    str | None,
    typer.Option(
        metavar="|".join(profiles.MATERIALS), help="What --preset-name chooses a network for. Default: drawn."
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", metavar="", help="Say nothing but errors.")]
Json = Annotated[
    bool, typer.Option("--json", metavar="", help="Progress and result for programs: an object on each line of stdout.")
]
Script = Annotated[
    Path | None,
    typer.Option(metavar="FILE.vpy", help="Write a VapourSynth script of this job instead of making OUT."),
]
Recursive = Annotated[
    bool, typer.Option("--recursive", metavar="", help="Of a folder, the videos in the folders below it as well.")
]
OutputName = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Of several videos, what the results are called: a name with {stem}, {ending} and {n}. "
        "Default: {stem}.mkv",
    ),
]
SkipDone = Annotated[
    bool, typer.Option("--skip-done", metavar="", help="Of several videos, leave out those whose result is there.")
]
Matrix = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="What turns the video's YUV into RGB, whatever it says: 1 (BT.709), 6 (BT.601), 9 (BT.2020), ...",
    ),
]
RANGES = ("limited", "full")
Range = Annotated[
    str | None, typer.Option(metavar="|".join(RANGES), help="The range of the video's samples, whatever it says.")
]


@dataclass(frozen=True, kw_only=True)
class VideoOptions:
    """What every command that makes a video takes."""

    source: In
    output: Out
    streams: Streams = 0
    framerate: Framerate = None
    deinterlace: Deinterlace = False
    double_rate: DoubleRate = False
    frames: Frames = None
    start: Start = None
    to: To = None
    crop: CropText = None
    codec: Codec = None
    crf: Crf = None
    bitrate: Bitrate = None
    preset: Preset = None
    tune: Tune = None
    encoder_options: EncoderOptions = None
    pixel_format: PixelFormat = None
    on_error: OnError = "repeat"
    audio: Audio = "copy"
    audio_bitrate: AudioBitrate = None
    audio_streams: AudioStreams = None
    subtitle_streams: SubtitleStreams = None
    matrix: Matrix = None
    range: Range = None
    overwrite: Overwrite = False
    segment: Segment = SECONDS
    resume: Resume = False
    restart: Restart = False
    share: Share = False
    expiry: Expiry = None
    patience: Patience = PATIENCE
    ray: Ray = None
    ray_files: RayFiles = "shared"
    ray_worker: RayWorker = None
    recursive: Recursive = False
    output_name: OutputName = None
    skip_done: SkipDone = False
    script: Script = None
    profile: Profile = None
    quiet: Quiet = False
    json: Json = False


@dataclass(frozen=True, kw_only=True)
class NetworkOptions:
    """Where and how a network is to run."""

    backend: Backend = "auto"
    device: Device = None
    precision: Precision = "auto"
    streams: Streams = 0


@dataclass(frozen=True, kw_only=True)
class TileOptions:
    """In what parts of a frame."""

    tile: Tile = None
    overlap: Overlap = None


def grouped(command: Callable[..., int | None]) -> Callable[..., int | None]:
    """The command as Typer takes it: a parameter that is one of the groups above stands for the fields of the group.

    The help lists arguments first, then the command's own options, then those of the groups; an option of two groups
    is one option.
    """
    own: dict[str, inspect.Parameter] = {}
    shared: dict[str, inspect.Parameter] = {}
    groups: dict[str, Any] = {}
    for name, parameter in inspect.signature(command, eval_str=True).parameters.items():
        if not is_dataclass(parameter.annotation):
            own[name] = parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            continue
        group: Any = parameter.annotation
        groups[name] = group
        shared |= {
            field: each.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for field, each in inspect.signature(group, eval_str=True).parameters.items()
        }
    parameters = [*own.values(), *shared.values()]
    required = [each for each in parameters if each.default is inspect.Parameter.empty]
    required.sort(key=lambda each: each.name not in shared)

    @wraps(command)
    def spread(**given: Any) -> int | None:
        return command(
            **{name: given[name] for name in own},
            **{
                name: group(**{field.name: given[field.name] for field in fields(group)})
                for name, group in groups.items()
            },
        )

    listed = [*required, *(each for each in parameters if each not in required)]
    spread.__signature__ = inspect.Signature(listed)  # type: ignore[attr-defined]
    spread.__annotations__ = {each.name: each.annotation for each in listed}
    del spread.__wrapped__  # else its signature is taken
    return spread


def spelled(field: str) -> str:
    """A field of a job as the option that it comes from."""
    return f"--{field.replace('_', '-')}"


def asked(network: Network, **given: object) -> Asked:
    """What makes the result of a job, by the names of its options."""
    return {"network": fingerprint_of(network), **by_option(given)}


def fingerprint_of(network: Network) -> str:
    """A network's name with what its files hold."""
    files = [network.path, network.path.with_suffix(".bin")] if network.path.suffix == ".param" else [network.path]
    digests = " ".join(size_and_digest(path)[1][:16] for path in files)
    return f"{network.name} ({digests})"


def by_option(given: Mapping[str, object]) -> Asked:
    """Values by the names of their options, as words."""
    return {spelled(name): None if value is None else str(value) for name, value in given.items()}


def check_precision(precision: str) -> None:
    """Raises UsageError for one that there is not, and for the one that is refused."""
    if precision == "fp8":
        raise UsageError(f"--precision: {backend_options.FP8_REFUSED}")
    values.one_of("--precision", precision, PRECISIONS)


def check_network(given: NetworkOptions) -> None:
    """Raises UsageError for a name that there is not."""
    values.one_of("--backend", given.backend, BACKENDS)
    check_precision(given.precision)
