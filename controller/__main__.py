"""`python -m controller` is the `podcast` command."""

from controller.cli import main

main()
