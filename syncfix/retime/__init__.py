"""From distances to a timing: which tick's picture to show at each tick."""

from syncfix.retime.costs import PathCosts, path_costs
from syncfix.retime.path import best_path, greedy_path, path_cost
from syncfix.retime.plan import RetimeOptions, TimingPlan, find_plan
from syncfix.retime.render import retimed_frames

__all__ = [
    "PathCosts",
    "RetimeOptions",
    "TimingPlan",
    "best_path",
    "find_plan",
    "greedy_path",
    "path_cost",
    "path_costs",
    "retimed_frames",
]
