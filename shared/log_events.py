"""Log lines that the stack's metrics and alerts are built on: whoever writes one of them takes its words from here.

Cloud Logging shows a line's fields as `jsonPayload.FIELD`; `message` is the line itself.
"""

from __future__ import annotations

MOVED = "moved"
"""An episode changed its state. Fields: job_id, episode_id, from_, to."""

STEP_FINISHED = "finished"
"""A step succeeded. Fields: job_id, step, attempt."""

STEP_FAILED = "failed"
"""An attempt of a step failed. Fields: job_id, step, attempt, error, error_type, retryable."""

STEP_CRASHED = "crashed"
"""An attempt met something it did not expect. Fields: job_id, step, attempt, exception."""

SWEPT = "swept"
"""The sweep went over every open episode. Field: under_way, how many of them wait for no person."""

STUCK = "stuck"
"""An open episode that should have moved long ago, anew with every sweep. Fields: job_id,
episode_id, state, since; of a damaged record only job_id, state `damaged`, error and advice."""
