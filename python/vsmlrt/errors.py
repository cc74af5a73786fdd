"""Errors that a person reads: one sentence with what was given, what is accepted and what to do."""

from __future__ import annotations


class UserError(Exception):
    """Something the user gave or has that does not fit; the command line prints the sentence and exits with 1."""


class UnknownNameError(UserError):
    """A name that nothing here has; the command line exits with 2, as for every word that has to be another one."""


class RangeError(UserError, ValueError):
    """A number out of its range, which only another argument tells; the command line exits with 2."""


class SetupError(UserError, RuntimeError):
    """Something is not installed, or not where it is looked for. A RuntimeError, which vs-mlrt's scripts catch."""


class NetworkNotFoundError(UserError, FileNotFoundError, RuntimeError):
    """A network that is known or named, but whose file is in none of the folders looked in.

    A RuntimeError as well, which vs-mlrt's scripts catch.
    """


class DownloadError(UserError):
    """A fetch that did not end with the pinned file."""
