"""What was collected as tidy tables, and those on disk."""
