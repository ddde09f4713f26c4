"""Converting files to Ion rows and back."""
