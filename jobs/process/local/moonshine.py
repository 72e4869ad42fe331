"""Speech recognition with Moonshine's tiny English model, which its wheel carries."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from moonshine_voice.moonshine_api import ModelArch
from moonshine_voice.transcriber import Transcriber
from moonshine_voice.utils import get_model_path

from jobs.process.samples import Samples
from shared.ai import SAMPLE_RATE

MODEL_NAME: Final = "tiny-en"


def model_folder() -> Path:
    """Where the wheel keeps the model."""
    return Path(get_model_path(MODEL_NAME))


class Recogniser:
    """The model, loaded once."""

    def __init__(self) -> None:
        options = {
            # Otherwise every line comes with a copy of its samples, as a list of floats.
            "return_audio_data": "false",
            # Utterances come cut already; the library's own cuts are shorter, and double the word errors.
            "vad_threshold": "0.0",
        }
        self._transcriber = Transcriber(model_folder(), ModelArch.TINY, options=options)

    def text(self, samples: Samples) -> str:
        """What is said in one utterance, at 16 kHz."""
        heard = self._transcriber.transcribe_without_streaming(samples.tolist(), SAMPLE_RATE)
        return " ".join(line.text.strip() for line in heard.lines).replace(",,", ",").strip()
