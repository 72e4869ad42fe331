"""notify-job: tells people how it ended."""
