"""Moves episodes from step to step: a pure decision and a thin shell around it."""

from controller.orchestrator.orchestrator import Orchestrator

__all__ = ["Orchestrator"]
