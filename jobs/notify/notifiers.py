"""Who is told: Discord where a webhook is set, else the console where somebody reads it, else nobody."""

from __future__ import annotations

import sys

from jobs.job import JobContext
from jobs.notify.console import ConsoleNotifier
from shared import workspace
from shared.contract import NOTIFY, NotifyArguments
from shared.errors import NotFound
from shared.models import PodcastProcessingJob
from shared.notifier import Delivery, DiscordNotifier, MemorySendLog, Message, Notifier, SendLog, StoredSendLog


class NobodyToTell:
    """A stack without Discord: the dashboard says how episodes end."""

    def notify(self, message: Message) -> Delivery:
        """Tells nobody."""
        return Delivery(told=False)


def notifier_for(arguments: NotifyArguments, context: JobContext) -> Notifier:
    """The notifier that the settings ask for. Raises PermanentError where the webhook is none."""
    webhook = context.settings.discord_webhook()
    if webhook is None:
        return ConsoleNotifier(sys.stderr) if context.settings.console_is_read else NobodyToTell()
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
