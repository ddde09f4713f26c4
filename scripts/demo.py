"""The whole path on this machine, without a key: words, flow, evidence, trial, execution.

make demo
make demo WORDS="your own request"
"""

from __future__ import annotations

import http.server
import os
import sqlite3
import sys
import tempfile
import threading
from functools import partial
from pathlib import Path

REQUEST = (
    "Every weekday at 7 in New York, download the sales CSV from {url}, keep the orders over 100, "
    "total them per country with DuckDB and store the result in a SQLite table; retry the download twice; "
    "tell me in the log if anything fails"
)
SALES = """order_id,country,amount
1,Norway,250.00
2,Norway,99.50
3,Spain,120.00
4,Spain,180.00
5,Japan,75.00
6,Japan,640.25
7,Norway,130.00
"""


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *args: object) -> None:
        return


def serve(folder: Path) -> tuple[http.server.ThreadingHTTPServer, str]:
    """A real file server on a free loopback port; the server and its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_address[1]}"


def show_tables(folder: Path) -> None:
    """What executions left in the SQLite databases of this home."""
    for file in sorted(folder.glob("*")):
        with sqlite3.connect(file) as connection:
            for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                print(f"\nSQLite table {table} in {file.name}:")
                for row in connection.execute(f'SELECT * FROM "{table}"'):
                    print("  ", row)


def main() -> int:
    own_words = " ".join(sys.argv[1:]).strip()
    os.environ.setdefault("FLOWWRIGHT_HOME", str(Path(".flowwright").resolve()))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "sales.csv").write_text(SALES)
        os.chdir(place)
        server, url = serve(place)
        words = own_words or REQUEST.format(url=f"{url}/sales.csv")
        print(f"request: {words}\n")
        sys.argv = ["flowwright", "new", words, "--provider", "offline", "--run"]
        try:
            from copilot.cli.app import app

            app(standalone_mode=False)
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        finally:
            server.shutdown()
        show_tables(Path(os.environ["FLOWWRIGHT_HOME"]) / "databases")
    return code


if __name__ == "__main__":
    sys.exit(main())
