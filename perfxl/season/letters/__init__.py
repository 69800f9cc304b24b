"""Letters to units: their texts, the sheet of texts, the drafts on disk."""
