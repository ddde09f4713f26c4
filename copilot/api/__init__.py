"""The HTTP door: `create_app(settings)` gives the FastAPI application."""

from copilot.api.app import create_app

__all__ = ["create_app"]
