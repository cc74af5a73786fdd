"""Whether the cuda backend has become slower: each network's share of what the GPU's bare matrix products reach,
measured in the same run, against the share that is on record (gpu_shares.toml).

Usage: python bench/gpu_check.py [--program FILE] [--kernels auto|mma] [--rounds 3] [--record]

A share is frames a second x operations of a frame / operations a second of the bare products (wgmma on Hopper, mma.sync
elsewhere and with ``--kernels mma``), so that clocks and power limits come out of it. Cards with faster memory reach
larger shares, so each has its own on record, by its name. The rate is measured before each network; the medians of all
rounds are compared. The exit status is 1 where a share is more than 5 % below the one on record, 2 where nothing can be
measured or nothing is on record for this card. ``--record`` writes what was measured instead.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
SHARES = HERE / "gpu_shares.toml"
PROGRAM = HERE.parent / "build/dev/tests/cuda/bench_cuda"
LOSS = 0.05

NETWORKS = {
    "animevideov3": ("1920x1080", 2.57),
    "upconv_7": ("1920x1080", 2.30),
    "cugan": ("1920x1080", 3.24),
    "dpir": ("1920x1080", 8.76),
    "rife": ("1920x1088", 0.18),
}
"""Size, and 10^12 operations of a frame there: two a product, convolutions alone."""

Shares = dict[str, dict[str, dict[str, float]]]
"""By the card, the kind of product and the network."""


def said(program: Path, *arguments: str) -> str:
    """What the program prints; SystemExit with its last words where it fails."""
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        words = (done.stderr or done.stdout).strip().splitlines() or ["without a word"]
        print(f"gpu_check: {program.name} {' '.join(arguments)} failed: {words[-1]}", file=sys.stderr)
        sys.exit(2)
    return done.stdout


def card_name(text: str) -> str:
    """The GPU's."""
    name = re.search(r"^card: (.+)$", text, re.MULTILINE)
    assert name is not None, text
    return name[1]


def product_rate(text: str) -> tuple[str, float]:
    """The kind of product that the kernels of this GPU are made of, and its 10^12 operations a second."""
    rates = dict(re.findall(r"^rate: (.+) ([\d.e+]+)$", text, re.MULTILINE))
    kind = "wgmma" if "wgmma" in rates else "mma"
    return kind, float(rates[kind])


def card_and_product(program: Path, kernels: str) -> tuple[str, str]:
    """The GPU's name, and the kind of product by all its rates."""
    text = said(program, "--rates", "--kernels", kernels)
    return card_name(text), product_rate(text)[0]


def measure(program: Path, kernels: str, kind: str, rounds: int) -> tuple[float, dict[str, list[float]]]:
    """The median of the products' rate, and each network's frames a second in each round."""
    rates: list[float] = []
    found: dict[str, list[float]] = {name: [] for name in NETWORKS}
    with tempfile.TemporaryDirectory() as kept:
        for name, (size, _) in NETWORKS.items():  # compiles and chooses
            said(program, name, "--size", size, "--kernels", kernels, "--keep", kept)
        for _ in range(rounds):
            for name, (size, _) in NETWORKS.items():
                rates.append(product_rate(said(program, "--rate", kind, "--kernels", kernels))[1])
                # In bursts, as the products are: at the clocks that a card has before it comes to its power limit.
                burst = ["--streams", "1", "--warm", "0", "--seconds", "0.15"]
                text = said(program, name, "--size", size, "--kernels", kernels, "--keep", kept, *burst)
                fps = re.search(r"1 stream, \d+ side by side: ([\d.]+) fps", text)
                assert fps is not None, text
                found[name].append(float(fps[1]))
    return statistics.median(rates), found


def written(recorded: Shares) -> str:
    """The file's text."""
    lines = ["# By gpu_check.py --record: shares of the bare products' rate.\n"]
    for card, kinds in recorded.items():
        for kind, shares in kinds.items():
            lines += [f'["{card}".{kind}]\n', *(f"{name} = {share:.3f}\n" for name, share in shares.items())]
    return "".join(lines)


def main() -> None:
    """See the head of this file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--program", type=Path, default=PROGRAM)
    parser.add_argument("--kernels", choices=("auto", "mma"), default="auto")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--record", action="store_true")
    given = parser.parse_args()
    given.program = given.program.resolve()
    if not given.program.is_file():
        print(f"gpu_check: {given.program} is missing; build the target bench_cuda", file=sys.stderr)
        sys.exit(2)
    card, kind = card_and_product(given.program, given.kernels)
    rate, found = measure(given.program, given.kernels, kind, given.rounds)
    recorded: Shares = tomllib.loads(SHARES.read_text()) if SHARES.is_file() else {}
    on_record = recorded.get(card, {}).get(kind, {})
    print(f"{card}, bare products by {kind}: {rate:.0f} TFLOP/s")
    shares, slower = {}, []
    for name, rounds in found.items():
        fps = statistics.median(rounds)
        shares[name] = share = fps * NETWORKS[name][1] / rate
        before = on_record.get(name)
        told = "" if before is None else f", on record {before:.3f} ({share / before - 1:+.1%})"
        print(f"{name:14} {fps:8.1f} fps ({min(rounds):.1f} to {max(rounds):.1f})  share {share:.3f}{told}")
        if before is not None and share < (1 - LOSS) * before:
            slower.append(name)
    if given.record:
        recorded.setdefault(card, {})[kind] = shares
        SHARES.write_text(written(recorded))
    elif not on_record:
        print(f"gpu_check: no share by {kind} is on record for this card; --record writes them", file=sys.stderr)
        sys.exit(2)
    elif slower:
        print(f"gpu_check: slower than on record by more than {LOSS:.0%}: {', '.join(slower)}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
