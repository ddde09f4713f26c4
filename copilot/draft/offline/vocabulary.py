"""Words whose slips of the pen are mended: long enough that a near word is no other word."""

from __future__ import annotations

VOCABULARY = frozenset(
    "download upload postgres snowflake schedule message parallel database execution namespace python script duckdb bigquery telegram "
    "discord region filter convert decompress webhook subflow average country customer products revenue monday tuesday wednesday thursday "
    "friday saturday sunday morning evening weekday monthly weekly hourly daily minutes hours seconds failure notify trigger approval".split()
)
