"""The roll-up of a season: counted, laid out in sheets, written."""
