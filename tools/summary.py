"""Say what came of the tests whose results lie in build/results: one summary for all that ran.

Usage: python tools/summary.py

What failed comes first, with its words; then each reason why tests were skipped, once; the ten slowest; and last a
line with the counts. The exit status is 1 where something failed or nothing ran.
"""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

RESULTS = Path(__file__).resolve().parents[1] / "build" / "results"
SLOWEST = 10


@dataclass(frozen=True)
class Case:
    """A test and what came of it."""

    run: str
    name: str
    seconds: float
    outcome: str
    words: str = ""


def cases(folder: Path) -> Iterator[Case]:
    """All in a folder of results; each of its folders is one run."""
    for file in sorted(folder.glob("*/*.xml")):
        for case in ElementTree.parse(file).iter("testcase"):
            if case.get("status") == "notrun" and case.get("result") != "skipped":
                continue  # of another part or filter
            name = ".".join(part for part in (case.get("classname"), case.get("name")) if part)
            outcome, words = _outcome(case)
            yield Case(file.parent.name, name, float(case.get("time") or 0), outcome, words)


def _outcome(case: ElementTree.Element) -> tuple[str, str]:
    said = {
        kind: "\n".join(
            "\n".join(dict.fromkeys(filter(None, (found.get("message"), found.text)))) for found in case.findall(kind)
        )
        for kind in ("failure", "error", "skipped")
        if case.find(kind) is not None
    }
    for kind in ("failure", "error"):
        if kind in said:
            return "failed", said[kind].strip()
    if "skipped" in said or case.get("result") == "skipped":
        return "skipped", _reason(said.get("skipped", ""))
    return "passed", ""


def _reason(words: str) -> str:
    """Without the place in the source, which GoogleTest puts on a line before it and pytest on one after."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    lines = [line for line in lines if not re.search(r"\.(cpp|h|py)(:\d+)*(: Skip.*)?$", line)] or lines
    return lines[0] if lines else "no reason given"


def main() -> None:
    """See the head of this file."""
    everything = list(cases(RESULTS))
    counts = Counter(case.outcome for case in everything)
    failed = [case for case in everything if case.outcome == "failed"]
    for case in failed:
        print(f"FAILED {case.run}: {case.name}\n{case.words}\n")
    reasons: dict[str, list[Case]] = {}
    for case in everything:
        if case.outcome == "skipped":
            reasons.setdefault(case.words, []).append(case)
    if reasons:
        print(f"skipped, {counts['skipped']} in all:")
        for reason, those in sorted(reasons.items(), key=lambda item: -len(item[1])):
            print(f"  {len(those):4} {reason}  ({those[0].name}{', ...' if len(those) > 1 else ''})")
    print("slowest:")
    for case in sorted(everything, key=lambda case: -case.seconds)[:SLOWEST]:
        print(f"  {case.seconds:6.1f} s {case.run}: {case.name}")
    for run, number in sorted(Counter(case.run for case in everything).items()):
        print(f"{run}: {number} tests, {sum(case.seconds for case in everything if case.run == run):.0f} s of work")
    if failed:
        print("failed:")
        for case in failed:
            print(f"  {case.run}: {case.name}")
    print(f"{counts['passed']} passed, {counts['failed']} failed")
    sys.exit(1 if failed or not counts["passed"] else 0)


if __name__ == "__main__":
    main()
