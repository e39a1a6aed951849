"""From distances to a timing: which tick's picture to show at each tick."""

from syncfix.retime.adaptive import adaptive_reach
from syncfix.retime.choose import Choice, choose_plan
from syncfix.retime.costs import PathCosts, path_costs
from syncfix.retime.line import Line, find_line
from syncfix.retime.path import best_path, greedy_path, path_cost
from syncfix.retime.plan import RetimeOptions, TimingPlan, local_plan
from syncfix.retime.render import retimed_frames

__all__ = [
    "Choice",
    "Line",
    "PathCosts",
    "RetimeOptions",
    "TimingPlan",
    "adaptive_reach",
    "best_path",
    "choose_plan",
    "find_line",
    "greedy_path",
    "local_plan",
    "path_cost",
    "path_costs",
    "retimed_frames",
]
