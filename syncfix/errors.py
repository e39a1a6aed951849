"""One hierarchy of errors; the command line prints the message and exits with code 2."""

__all__ = ["CheckpointError", "InputError", "SyncfixError"]


class SyncfixError(Exception):
    """Base of all errors that a user can do something about.

    The message is one line that says what is wrong and what to do.
    """


class InputError(SyncfixError):
    """A clip, an audio file or a path that can't be used as it is."""


class CheckpointError(SyncfixError):
    """A checkpoint that is missing, damaged, or of another network."""
