"""Where a command acts: a Kestra server that was named, the service of this home when one runs, or right here."""

from __future__ import annotations

from copilot.errors import Usage
from copilot.kestra.client import Kestra
from copilot.ownership import service_of
from copilot.settings import Settings


def server_named(settings: Settings, place: str) -> Kestra:
    """The server that ``--on`` names: ``kestra`` for that of the settings, or an address. Usage."""
    if place != "kestra" and not place.startswith(("http://", "https://")):
        raise Usage(f"--on {place}: there is no such place", hint="--on kestra, or the address of a Kestra server")
    url = settings.kestra_url if place == "kestra" else place
    if not url:
        raise Usage("no Kestra server is named", hint="set FLOWWRIGHT_KESTRA_URL, or give an address")
    return Kestra.of(settings, url)


def service_here(settings: Settings) -> Kestra | None:
    """The service that runs in this home, None when none does."""
    url = service_of(settings.home / "engine")
    if url is None:
        return None
    own = {"token": settings.token.get_secret_value()} if settings.token else {}
    alone = settings.model_copy(
        update={"kestra_user": None, "kestra_password": None, "kestra_token": None, "kestra_tenant": "main"}
    )
    return Kestra.of(alone, url, **own)


def server_for(settings: Settings, on: str | None) -> Kestra | None:
    """The server a command is to ask; None when it is to work here itself."""
    return server_named(settings, on) if on is not None else service_here(settings)
