"""A real Kestra server: talking to it, deploying to it, running there."""
