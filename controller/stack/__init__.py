"""A deployed stack, as the tools of those who run it see it."""
