"""Voice-activity detection with Silero's model, through onnxruntime alone.

The package's own Python needs torch, so only the model file is taken from it. What the model takes and returns is
described by `OnnxWrapper` in silero_vad/utils_vad.py: 64 samples of context before every 512, and a state.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime

from jobs.process.samples import Samples
from shared.ai import SAMPLE_RATE
from shared.errors import PermanentError

FRAME: Final = 512
"""Samples at 16 kHz that one probability is about: 32 ms."""

FRAME_SECONDS: Final = FRAME / SAMPLE_RATE
CONTEXT: Final = 64


class VoiceActivityDetector:
    """Takes the frames of one recording in their order."""

    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(_model_file()), sess_options=options, providers=["CPUExecutionProvider"]
        )
        self._state = np.zeros((2, 1, 128), np.float32)
        self._input = np.zeros((1, CONTEXT + FRAME), np.float32)
        self._rate = np.array(SAMPLE_RATE, np.int64)

    def probability(self, frame: Samples) -> float:
        """How likely somebody speaks in this frame of `FRAME` samples, 0 to 1."""
        self._input[0, CONTEXT:] = frame
        feed = {"input": self._input, "state": self._state, "sr": self._rate}
        answer, self._state = self._session.run(None, feed)
        self._input[0, :CONTEXT] = frame[-CONTEXT:]
        return float(answer[0, 0])


def _model_file() -> Path:
    package = find_spec("silero_vad")
    if package is None or not package.submodule_search_locations:
        raise PermanentError(
            "the voice-activity detector is not installed", advice="Install the extra called 'local' of this project."
        )
    return Path(package.submodule_search_locations[0], "data", "silero_vad.onnx")
