"""What is said once: arguments that vs-mlrt accepts and that make no difference to the result."""

from __future__ import annotations

import functools
import logging

log = logging.getLogger("vsmlrt")


@functools.cache
def once(sentence: str) -> None:
    """Logs a warning the first time that it is said in this process."""
    log.warning(sentence)
