"""Properties that the database tasks share and that are not read here."""

from __future__ import annotations

from engine.tasks.unread import no_effect, refused

CONNECTION = {
    "connectionPooling": no_effect("every task has a connection of its own"),
    "connectionPoolSize": no_effect("every task has a connection of its own"),
}
QUERY = {**CONNECTION, "fetchSize": no_effect("rows are fetched as they are needed")}
SERVER = {**QUERY, "outputFiles": no_effect("a server writes no files into the working folder")}
FILE = {
    **QUERY,
    "username": no_effect("a database file has no users"),
    "password": no_effect("a database file has no users"),
}
DUCKDB = {
    **FILE,
    "communityExtensions": refused("only the extensions built into DuckDB are here (json, parquet, icu)", ["ion"], []),
}
BATCH = {
    **CONNECTION,
    "maxRetries": no_effect("the task's own retry repeats it as a whole"),
    "retryBackoff": no_effect("the task's own retry says how long to wait"),
    "inputHandling": no_effect("the file of rows is always a local one"),
    "localBufferMaxBytes": no_effect("the file of rows is always a local one"),
    "resumeOnRetry": no_effect("the rows are one transaction, so nothing is left of a failed attempt"),
    "retryScope": no_effect("the rows are one transaction, so nothing is left of a failed attempt"),
}
