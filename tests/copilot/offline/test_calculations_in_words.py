"""Words about rows and columns become the SQL they mean."""

from __future__ import annotations

import pytest

from copilot.draft.offline.compute import parse


@pytest.mark.parametrize(
    ("words", "sql"),
    [
        ("drop rows where city is empty", "SELECT * FROM t WHERE city IS NOT NULL"),
        ("keep rows whose city is not empty", "SELECT * FROM t WHERE city IS NOT NULL"),
        ("keep entries with missing email", "SELECT * FROM t WHERE email IS NULL"),
        ("remove the orders below 25", "SELECT * FROM t WHERE NOT amount < 25"),
        ("exclude lines with status = void", "SELECT * FROM t WHERE status <> 'void'"),
        ("order by weight, largest first", "SELECT * FROM t ORDER BY weight DESC"),
        ("average fee per station", "SELECT station, AVG(fee) AS average_fee FROM t GROUP BY station ORDER BY station"),
        (
            "top 3 customers by spending",
            "SELECT customer, SUM(spending) AS total FROM t GROUP BY customer ORDER BY total DESC LIMIT 3",
        ),
    ],
)
def test_a_calculation_is_the_sql_that_was_meant(words, sql):
    assert parse(words).sql("t").replace("\n", " ") == sql
