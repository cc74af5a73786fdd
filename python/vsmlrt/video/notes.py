"""What is said of a job, and which facts have thereby been named."""

from __future__ import annotations

from collections.abc import Callable

Warn = Callable[[str], None]


class Notes:
    """Hands sentences on, each once, and remembers of which facts (see `comparison`) they spoke."""

    def __init__(self, warn: Warn) -> None:
        self._warn = warn
        self._named: set[str] = set()
        self._said: set[str] = set()

    def __call__(self, sentence: str, *facts: str) -> None:
        """Says a sentence that speaks of these facts; "cover 1" stands for all facts of that stream."""
        self._named.update(facts)
        if sentence not in self._said:
            self._said.add(sentence)
            self._warn(sentence)

    def expect(self, *facts: str) -> None:
        """These facts change because that was asked for, of which nothing is said."""
        self._named.update(facts)

    def has_named(self, fact: str) -> bool:
        """Whether a sentence spoke of a fact."""
        return any(fact == named or fact.startswith(f"{named}:") for named in self._named)
