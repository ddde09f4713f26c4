"""An ingest in a process of its own, to be killed or limited: HOME CORPUS PAGES [--file-limit BYTES]."""

from __future__ import annotations

import argparse
import importlib.util
import resource
import signal
import sys
from pathlib import Path

from rag import Knowledge, KnowledgeError, KnowledgeSettings
from rag.sources.folder import FolderSource


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("pages", type=Path)
    parser.add_argument("--file-limit", type=int)
    arguments = parser.parse_args()
    found = importlib.util.spec_from_file_location("helpers", Path(__file__).parent / "conftest.py")
    assert found is not None
    assert found.loader is not None
    helpers = importlib.util.module_from_spec(found)
    found.loader.exec_module(helpers)
    settings = KnowledgeSettings(corpus=arguments.corpus)
    knowledge = Knowledge.open(arguments.home, settings, embedder=helpers.WordEmbedder())
    sys.stdout.write("opened\n")
    sys.stdout.flush()
    if arguments.file_limit:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (arguments.file_limit, arguments.file_limit))
    try:
        knowledge.ingest([FolderSource(arguments.pages)])
        sys.stdout.write("done\n")
    except KnowledgeError as error:
        sys.stdout.write(f"{error.code}\n")


if __name__ == "__main__":
    main()
