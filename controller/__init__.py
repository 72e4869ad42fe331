"""The controller: takes events, moves episodes from step to step, shows them to people."""
