"""Working with stored files."""
