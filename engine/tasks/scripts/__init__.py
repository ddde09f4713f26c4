"""Scripts and commands, run as local processes inside a fence."""
