"""One file for each trigger type. Files are found by walking the package and import what they need only when used:
``flowwright validate`` loads them all to know what runs here."""
