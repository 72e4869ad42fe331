"""What starts a step: a subprocess on a laptop, a Cloud Run Job in the cloud."""

from controller.runner.protocol import ExecutionState, Runner, RunnerUnavailable

__all__ = ["ExecutionState", "Runner", "RunnerUnavailable"]
