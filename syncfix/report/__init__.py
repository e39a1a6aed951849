"""What a person reads: tables of scores, before and after, and of checkpoints."""

from syncfix.report.checkpoints import checkpoint_entries, checkpoint_table
from syncfix.report.tables import columns, measurement_table, rewrite_table

__all__ = [
    "checkpoint_entries",
    "checkpoint_table",
    "columns",
    "measurement_table",
    "rewrite_table",
]
