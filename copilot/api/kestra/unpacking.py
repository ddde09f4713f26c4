"""Archives that came over the network, within limits."""

from __future__ import annotations

import io
import zipfile

from copilot.api.kestra.errors import InvalidEntity, Violation

_LARGEST = 500_000_000
_MOST = 10_000
_CHUNK = 1_000_000


def unpacked(packed: bytes, part: str) -> list[tuple[str, bytes]]:
    """The files of a ZIP. InvalidEntity when it cannot be read or grows beyond measure."""
    found: list[tuple[str, bytes]] = []
    total = 0
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            for info in archive.infolist()[: _MOST + 1]:
                if info.is_dir():
                    continue
                content = bytearray()
                with archive.open(info) as file:
                    while chunk := file.read(_CHUNK):
                        content += chunk
                        total += len(chunk)
                        if total > _LARGEST or len(found) >= _MOST:
                            raise InvalidEntity([Violation(part, "the archive grows beyond measure")])
                found.append((info.filename, bytes(content)))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise InvalidEntity([Violation(part, f"the archive cannot be read: {error}")]) from None
    return found
