"""One hierarchy of errors; the command line prints the message and exits with code 2."""

__all__ = ["CheckpointError", "InputError", "SyncfixError", "reason_of"]


class SyncfixError(Exception):
    """Base of all errors that a user can do something about.

    The message is one line that says what is wrong and what to do.
    """


class InputError(SyncfixError):
    """A clip, an audio file or a path that can't be used as it is."""


class CheckpointError(SyncfixError):
    """A checkpoint that is missing, damaged, or of another network."""


def reason_of(error: BaseException) -> str:
    """What went wrong, as the system says it, in one line."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())
