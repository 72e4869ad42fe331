"""What the `podcast` command prints, line by line."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from support_jobs import START, new_job

from controller.cli.lines import job_list


@pytest.mark.parametrize("width", [60, 80, 200])
def test_a_jobs_number_is_never_broken_since_people_copy_it(width) -> None:
    job = new_job(f"{'a very long name of an episode ' * 5}.mp3")
    console = Console(file=io.StringIO(), width=width)
    console.print(job_list([job], START))
    assert isinstance(console.file, io.StringIO)
    assert job.job_id in console.file.getvalue()
