"""Runs Kestra flows on one machine, faithful to Kestra's semantics. Imports nothing of ours."""
