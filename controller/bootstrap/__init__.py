"""`podcast bootstrap`: prepares a Google Cloud project once, so that stacks deploy into it without any key."""
