"""Our engine beside other workflow engines and beside bare SQLite, on the same shapes in the same run."""
