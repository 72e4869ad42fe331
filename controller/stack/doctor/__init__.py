"""`podcast doctor --stack NAME`: looks at a deployed stack and says what mends what it finds."""
