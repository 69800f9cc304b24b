"""文表一致: what a report says, in sentences and tables, held against the return it goes with."""
