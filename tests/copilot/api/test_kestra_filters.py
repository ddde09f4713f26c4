"""Filters of Kestra's lists, operation by operation."""

from __future__ import annotations

import pytest
from starlette.datastructures import QueryParams

from copilot.api.kestra.errors import BadRequest
from copilot.api.kestra.queries import filters_of, keeps, page_of

NOW = 1_735_725_600.0  # 2025-01-01T10:00:00Z
ROW = {
    "q": "e1 company.team.hello",
    "id": "e1",
    "namespace": "company.team",
    "flowId": "hello",
    "state": "SUCCESS",
    "labels": {"team": "data", "url": "http://a:1"},
    "startDate": NOW - 600,
    "endDate": None,
    "level": "WARN",
    "triggerExecutionId": None,
}


def kept(query: str) -> bool:
    return keeps(filters_of(QueryParams(query)), ROW, NOW)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("filters[namespace][EQUALS]=company.team", True),
        ("filters[namespace][EQUALS]=company", False),
        ("filters[namespace][PREFIX]=company", True),
        ("filters[namespace][PREFIX]=comp", False),
        ("filters[namespace][STARTS_WITH]=comp", True),
        ("filters[namespace][ENDS_WITH]=team", True),
        ("filters[namespace][CONTAINS]=ANY.T", True),
        ("filters[namespace][NOT_EQUALS]=company.team", False),
        ("filters[namespace][REGEX]=^company\\.(team|other)$", True),
        ("filters[state][IN]=FAILED,SUCCESS", True),
        ("filters[state][NOT_IN]=FAILED,SUCCESS", False),
        ("filters[labels][EQUALS][team]=data", True),
        ("filters[labels][NOT_EQUALS][team]=data", False),
        ("filters[labels][IN][team]=other,data", True),
        ("filters[labels][EQUALS][nothing]=x", False),
        ("filters[labels][EQUALS]=team:data", True),
        ("filters[startDate][GREATER_THAN_OR_EQUAL_TO]=2025-01-01T09:50:00Z", True),
        ("filters[startDate][GREATER_THAN]=2025-01-01T09:50:00Z", False),
        ("filters[startDate][LESS_THAN]=2025-01-01T11:50:00%2B02:00", False),
        ("filters[startDate][LESS_THAN_OR_EQUAL_TO]=2025-01-01T11:50:00%2B02:00", True),
        ("filters[endDate][LESS_THAN]=2030-01-01T00:00:00Z", False),
        ("filters[timeRange][EQUALS]=PT15M", True),
        ("filters[timeRange][EQUALS]=PT5M", False),
        ("filters[level][EQUALS]=INFO", True),
        ("filters[minLevel][EQUALS]=ERROR", False),
        ("filters[q][EQUALS]=HELLO", True),
        ("filters[query][NOT_EQUALS]=hello", False),
        ("filters[scope][EQUALS]=USER", True),
        ("filters[scope][EQUALS]=SYSTEM", False),
        ("filters[childFilter][EQUALS]=MAIN", True),
        ("filters[childFilter][EQUALS]=CHILD", False),
        ("namespace=company&state=FAILED&state=SUCCESS&labels=team:data&labels=url:http://a:1", True),
        ("namespace=company&state=FAILED", False),
        ("labels=team:data&labels=url:no", False),
        ("page=3&size=7&colour=red", True),
        ("", True),
    ],
)
def test_a_row_is_kept_or_not(query, wanted):
    assert kept(query) is wanted


@pytest.mark.parametrize(
    "query",
    [
        "filters[colour][EQUALS]=red",
        "filters[state][LIKES]=x",
        "filters[namespace][REGEX]=(",
        "filters[timeRange][EQUALS]=soon",
        "filters[startDate][LESS_THAN]=soon",
        "minLevel=LOUD",
    ],
)
def test_a_filter_that_means_nothing_is_refused(query):
    with pytest.raises(BadRequest):
        kept(query)


def test_a_pattern_that_would_run_on_and_on_is_stopped():
    row = {**ROW, "namespace": "a" * 40 + "!"}
    with pytest.raises(BadRequest, match="cannot be used"):
        keeps(filters_of(QueryParams("filters[namespace][REGEX]=^(a|aa|a?)*$")), row, NOW)


def test_pages_are_cut_and_ordered():
    rows = [{"id": name, "end": end} for name, end in (("b", 2), ("a", None), ("c", 1))]
    fields = {"id": lambda row: row["id"], "end": lambda row: row["end"]}

    def shown(query):
        page = page_of(QueryParams(query))
        return "".join(row["id"] for row in page.cut(page.order(rows, fields)))

    assert shown("sort=id:asc") == "abc"
    assert shown("sort=id:desc&size=2") == "cb"
    assert shown("sort=id:desc&size=2&page=2") == "a"
    assert shown("sort=end:asc") == "acb"
    assert shown("sort=colour:asc") == "bac"
    for query in ("page=0", "size=-1", "page=two"):
        with pytest.raises(BadRequest):
            page_of(QueryParams(query))
