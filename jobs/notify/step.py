"""notify-job: tells people that an episode came out, or why it did not and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.contract import NotifyArguments, NotifyResult

if TYPE_CHECKING:
    from jobs.job import JobContext


def run(arguments: NotifyArguments, context: JobContext) -> NotifyResult:
    """Tells people; the arguments alone are enough, and what the record knows makes the message better.

    Raises:
        TransientError: nobody was told; trying again later can help.
        PermanentError: nobody was told, and trying again cannot help.
    """
    # A notifier brings an HTTP client: a command line that is wrong need not wait for it.
    from jobs.notify.notifiers import notifier_for  # noqa: PLC0415 - see above
    from jobs.notify.telling import tell  # noqa: PLC0415 - likewise

    return tell(arguments, context, notifier_for(arguments, context))
