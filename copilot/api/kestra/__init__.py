"""Kestra's own paths, so that Kestra's clients work against this service."""
