"""The `podcast` command."""

from controller.cli.app import main

__all__ = ["main"]
