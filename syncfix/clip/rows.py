"""An array that lies on disk, row by row: what grows with the clip and is read in pieces."""

from __future__ import annotations

import tempfile
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from syncfix.errors import SyncfixError


class RowFile:
    """``[count, *shape]`` numbers in a nameless file; what is read is a copy in memory.

    Unlike a memory map its pages are not the process's own, so memory does not grow with what is
    written, and a full disk is an error and no crash. The file goes with the object, also when
    the process is killed.

    Args:
        count: number of rows; those never written are zeros.
        shape: of one row.
        dtype: of the numbers.

    Raises:
        SyncfixError: there is no room on the disk; any access may say so.
    """

    def __init__(self, count: int, shape: tuple[int, ...], dtype: DTypeLike = np.uint8) -> None:
        self._count, self._shape, self._dtype = count, shape, np.dtype(dtype)
        self._bytes = int(np.prod(shape)) * self._dtype.itemsize
        try:
            self._file = tempfile.TemporaryFile(  # noqa: SIM115 - closed with the object
                "w+b", buffering=0, prefix="syncfix-"
            )
            self._file.truncate(count * self._bytes)
        except OSError as error:
            raise self._no_room(error) from error

    def __len__(self) -> int:
        return self._count

    def __setitem__(self, row: int, values: Any) -> None:
        """Write one row, or from `row` on as many as `values` ``[m, *shape]`` has."""
        if not 0 <= row < self._count:
            raise IndexError(row)
        values = np.asarray(values, dtype=self._dtype)
        if values.ndim <= len(self._shape):
            values = np.broadcast_to(values, self._shape)
        view = np.ascontiguousarray(values).data.cast("B")
        try:
            self._file.seek(row * self._bytes)
            while view:
                view = view[self._file.write(view) or 0 :]
        except OSError as error:
            raise self._no_room(error) from error

    @property
    def shape(self) -> tuple[int, ...]:
        """``(count, *shape)``."""
        return self._count, *self._shape

    def __getitem__(self, rows: int | slice | NDArray[np.intp]) -> NDArray[Any]:
        """One row, a slice of step 1, or rows by number, which lie near each other."""
        if isinstance(rows, np.ndarray):
            if not len(rows):
                return self[0:0]
            first = int(rows.min())
            near: NDArray[Any] = self[first : int(rows.max()) + 1][rows - first]
            return near
        if isinstance(rows, slice):
            first, last, step = rows.indices(self._count)
            if step != 1:
                raise ValueError("rows are read one after another")
            count = max(0, last - first)
            return self._read(first, count).reshape(count, *self._shape)
        if not 0 <= rows < self._count:
            raise IndexError(rows)
        return self._read(rows, 1).reshape(self._shape)

    def close(self) -> None:
        self._file.close()

    def _read(self, first: int, count: int) -> NDArray[Any]:
        out = np.empty(count * self._bytes, np.uint8)
        self._file.seek(first * self._bytes)
        view = out.data
        while view:
            got = self._file.readinto(view)
            if not got:
                raise self._no_room(OSError("the file has been cut short"))
            view = view[got:]
        return out.view(self._dtype)

    def _no_room(self, error: OSError) -> SyncfixError:
        return SyncfixError(
            f"{tempfile.gettempdir()}: no room for the clip's working data "
            f"({error.strerror or error}); free the disk, or set TMPDIR to a larger one"
        )
