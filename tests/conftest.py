"""Fixtures that several tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[1].parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of golden data and real clips; tests that use it are skipped without it."""
    if not SHARED.is_dir():
        pytest.skip("../shared is not there")
    return SHARED
