"""Tasks of Kestra's own core plugins."""
