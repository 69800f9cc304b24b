"""Drafts of reports for one return or a whole season, and the office's own on it."""
