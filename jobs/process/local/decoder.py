"""How sure the tiny English model is of what it hears.

Moonshine's library does not say, so the very same model files are decoded here, greedily, through onnxruntime.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime

from jobs.process.samples import Samples
from shared.ai import SAMPLE_RATE

BEGIN: Final = 1
END: Final = 2
"""Ids of the tokens around every text."""

MOST_TOKENS_A_SECOND: Final = 6.5
"""The limit that Moonshine's own decoder sets, since the model was trained on no faster speech."""

USUAL_LEVEL: Final = 0.05
"""Root mean square that a window is brought to: how sure the model is must not depend on the recording's level."""


class Decoder:
    """The model's two halves, loaded once."""

    def __init__(self, folder: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        # Threads that wait in a loop take the processor away from whoever else needs it.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._encoder = onnxruntime.InferenceSession(str(folder / "encoder_model.ort"), options)
        self._decoder = onnxruntime.InferenceSession(str(folder / "decoder_model_merged.ort"), options)
        self._past = [each for each in self._decoder.get_inputs() if each.name.startswith("past")]
        self._present = [each.name.replace("present", "past_key_values") for each in self._decoder.get_outputs()[1:]]

    def confidence(self, samples: Samples) -> float:
        """The mean log-probability of the words that the model would write for these samples at 16 kHz.

        0 is certain, −1 is guesswork. Only the first occurrence of each token counts: over speech that it does not
        understand the model repeats itself, and is ever surer of it.
        """
        level = float(np.sqrt(np.mean(np.square(samples))))
        sound = samples * np.float32(USUAL_LEVEL / max(level, 1e-6))
        everything = np.ones((1, len(sound)), np.int64)
        hidden = self._encoder.run(None, {"input_values": sound[None], "attention_mask": everything})[0]
        past: dict[str, Any] = {
            each.name: np.zeros((1, each.shape[1], 0, each.shape[3]), np.float32) for each in self._past
        }
        token, told = BEGIN, dict[int, float]()
        for number in range(int(len(samples) / SAMPLE_RATE * MOST_TOKENS_A_SECOND) + 2):
            feed = {
                "input_ids": np.array([[token]], np.int64),
                "encoder_hidden_states": hidden,
                "encoder_attention_mask": np.ones((1, hidden.shape[1]), np.int64),
                "use_cache_branch": np.array([number > 0]),
                **past,
            }
            logits, *present = self._decoder.run(None, feed)
            # What the decoder says of the encoder's half is whole only the first time.
            past |= {
                name: value
                for name, value in zip(self._present, present, strict=True)
                if number == 0 or ".decoder." in name
            }
            scores = logits[0, -1].astype(np.float64)
            scores -= scores.max()
            token = int(scores.argmax())
            told.setdefault(token, -float(np.log(np.exp(scores).sum())))
            if token == END:
                break
        return sum(told.values()) / len(told)
