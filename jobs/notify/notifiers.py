"""Who is told: Discord where a webhook is set, else the console."""

from __future__ import annotations

import sys

from jobs.job import JobContext
from jobs.notify.console import ConsoleNotifier
from shared import workspace
from shared.contract import NOTIFY, NotifyArguments
from shared.errors import NotFound
from shared.models import PodcastProcessingJob
from shared.notifier import DiscordNotifier, MemorySendLog, Notifier, SendLog, StoredSendLog


def notifier_for(arguments: NotifyArguments, context: JobContext) -> Notifier:
    """The notifier that the settings ask for. Raises PermanentError where the webhook is none."""
    webhook = context.settings.discord_webhook()
    if webhook is None:
        return ConsoleNotifier(sys.stderr)
    return DiscordNotifier(webhook, sends=_send_log(arguments, context))


def _send_log(arguments: NotifyArguments, context: JobContext) -> SendLog:
    """The log that all attempts at telling this one outcome share; a retry by hand leads to another outcome."""
    if not arguments.attempt:
        return MemorySendLog()
    work = context.settings.work
    try:
        content, _ = work.read(workspace.record_key(arguments.job_id))
    except NotFound:
        first = 1
    else:
        first = PodcastProcessingJob.model_validate_json(content).step(NOTIFY.name).counts_from
    return StoredSendLog(work, workspace.message_key(arguments.job_id, first))
