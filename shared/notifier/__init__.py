"""Who passes messages on to people: Discord here, the console on a laptop (jobs/notify)."""

from shared.notifier.discord import DiscordNotifier
from shared.notifier.protocol import Delivery, Message, Notifier
from shared.notifier.send_log import MemorySendLog, SendLog, StoredSendLog

__all__ = ["Delivery", "DiscordNotifier", "MemorySendLog", "Message", "Notifier", "SendLog", "StoredSendLog"]
