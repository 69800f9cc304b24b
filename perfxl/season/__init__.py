"""A season: a folder with its settings, what goes out, what comes back and what is made of it."""
