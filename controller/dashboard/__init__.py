"""The dashboard: what people see of the episodes under way, and where they drop new ones."""

from controller.dashboard.blueprint import build_dashboard
from controller.dashboard.desk import Desk

__all__ = ["Desk", "build_dashboard"]
