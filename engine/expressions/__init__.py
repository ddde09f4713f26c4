"""Kestra's expression language: a dialect of Pebble over plain values.

``render(template, variables, services)`` gives text, ``render_value`` keeps shapes and types, ``inspect`` says
what a template refers to without rendering it. Templates never reach a Python object and cannot outrun
``Limits``.
"""

from __future__ import annotations

from engine.expressions import filters, functions, predicates
from engine.expressions.errors import (
    ExpressionError,
    ExpressionSyntax,
    LimitExceeded,
    MissingVariable,
    UnknownName,
)
from engine.expressions.inspection import Inspection, Problem, Reference, Step, Use, inspect
from engine.expressions.limits import Limits
from engine.expressions.registry import FILTERS, FUNCTIONS, TESTS, Info
from engine.expressions.render import has_expression, render, render_value
from engine.expressions.runtime import Settings
from engine.expressions.services import PureServices, Services, SharedFiles, SubflowServices
from engine.expressions.values import truthy

__all__ = [
    "FILTERS",
    "FUNCTIONS",
    "TESTS",
    "ExpressionError",
    "ExpressionSyntax",
    "Info",
    "Inspection",
    "LimitExceeded",
    "Limits",
    "MissingVariable",
    "Problem",
    "PureServices",
    "Reference",
    "Services",
    "Settings",
    "SharedFiles",
    "Step",
    "SubflowServices",
    "UnknownName",
    "Use",
    "filters",
    "functions",
    "has_expression",
    "inspect",
    "predicates",
    "render",
    "render_value",
    "truthy",
]
