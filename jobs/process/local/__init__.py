"""The embedded analyst: Moonshine hears, plain statistics understand. It needs no account and no network."""
