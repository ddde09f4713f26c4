"""The bundled knowledge: catalog, guides, release notes and blueprints, as data all packages may read."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent
CATALOG = ROOT / "catalog"
GUIDES = ROOT / "guides"
RELEASES = ROOT / "releases"
BLUEPRINTS = ROOT / "blueprints"
