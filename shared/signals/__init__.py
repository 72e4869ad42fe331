"""How a step says that it has ended: best effort, since the sweep finds out by itself a little later."""

from shared.signals.posted import PostedSignals
from shared.signals.protocol import Signal, Signals

__all__ = ["PostedSignals", "Signal", "Signals", "cloud_signals"]


def cloud_signals(url: str, topic: str | None, *, pubsub_endpoint: str | None = None) -> Signals:
    """The way of a deployed stack's signals: through a topic where the step has one, else straight to the controller.

    Args:
        url: the controller's door for signals.
        topic: `projects/PROJECT/topics/TOPIC`, that of the next step; None where the last step ends or no step has one.
        pubsub_endpoint: a Pub/Sub of one's own, which takes any token.
    """
    # Google's libraries take their time to load, and a laptop needs none of them.
    if topic is not None:
        from shared.signals.published import PublishedSignals  # noqa: PLC0415 - see above

        return PublishedSignals.connect(topic, endpoint=pubsub_endpoint)
    from shared.signals.identity_token import identity_token  # noqa: PLC0415 - likewise

    return PostedSignals(url, token=identity_token)
