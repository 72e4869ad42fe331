"""Whether what the embedded analyst is made of is there: images of a stack are built without it."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from shared.errors import PermanentError

PACKAGES: Final = ("moonshine_voice", "onnxruntime", "sumy", "yake")


def refuse_unless_installed() -> None:
    """Looks for the packages of the extra `local`; loads none of them.

    Raises:
        PermanentError: names those that are missing, and what to do.
    """
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise PermanentError(
            f"PODCAST_AI is local, and the embedded speech recognition is not installed here: {', '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} missing",
            advice="Set PODCAST_AI=vertex, as it is in a stack, or install the extra: pip install "
            "'podcast-automator[local]'.",
        )
