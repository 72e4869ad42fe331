"""Makes audio for tests: tones, silence, speech in several languages, and files of every kind that is accepted."""

from __future__ import annotations

import ctypes
import io
import tempfile
import wave
from functools import cache
from pathlib import Path
from typing import Any

import av
import espeakng_loader
import numpy as np
import numpy.typing as npt
from moonshine_voice.utils import get_assets_path

Samples = npt.NDArray[np.float32]

# ----------------------------------------------------------------- sound


def tone(seconds: float, rate: int = 44_100, frequency: float = 440.0, level: float = 0.2) -> Samples:
    """A sine, mono."""
    time = np.arange(int(seconds * rate)) / rate
    return (level * np.sin(2 * np.pi * frequency * time)).astype(np.float32)


def silence(seconds: float, rate: int = 44_100) -> Samples:
    """Digital silence, mono."""
    return np.zeros(int(seconds * rate), np.float32)


def noise(seconds: float, rate: int = 44_100, level: float = 0.1, seed: int = 1) -> Samples:
    """White noise, mono; `level` is its root mean square."""
    return (np.random.default_rng(seed).standard_normal(int(seconds * rate)) * level).astype(np.float32)


def sample_path(name: str) -> Path:
    """A recording of a person that the speech-recognition wheel carries: `two_cities`, `beckett`, …"""
    return Path(get_assets_path()) / f"{name}.wav"


def recorded(name: str) -> tuple[Samples, int]:
    """That recording's samples, mono, and their rate in Hz."""
    with wave.open(str(sample_path(name))) as reader:
        assert (reader.getnchannels(), reader.getsampwidth()) == (1, 2)
        content = np.frombuffer(reader.readframes(reader.getnframes()), np.int16)
        return (content / np.float32(32_768)).astype(np.float32), reader.getframerate()


TWO_CITIES = """It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of
foolishness, it was the epoch of belief, it was the epoch of incredulity, it was the season of Light, it was the season
of Darkness, it was the spring of hope, it was the winter of despair, we had everything before us, we had nothing before
us, we were all going direct to Heaven, we were all going direct the other way. In short, the period was so far like the
present period, that some of its noisiest authorities insisted on its being received, for good or for evil, in the
superlative degree of comparison only."""
"""What is read in `two_cities`, as Dickens wrote it."""

# ---------------------------------------------------------------- speech

ESPEAK_RATE = 22_050
_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
_RETRIEVAL, _RATE_PARAMETER, _UTF8 = 2, 1, 1


@cache
def _espeak() -> Any:
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    assert library.espeak_Initialize(_RETRIEVAL, 500, espeakng_loader.get_data_path().encode(), 0) == ESPEAK_RATE
    return library


def spoken(text: str, voice: str = "en-us", words_a_minute: int = 160) -> Samples:
    """The text, read by eSpeak NG at `ESPEAK_RATE`, mono."""
    library, content = _espeak(), bytearray()

    def take(samples: Any, count: int, _events: int | None) -> int:
        if samples and count > 0:
            content.extend(ctypes.string_at(samples, count * 2))
        return 0

    callback = _Callback(take)
    library.espeak_SetSynthCallback(callback)
    assert library.espeak_SetVoiceByName(voice.encode()) == 0, f"eSpeak NG has no voice {voice}"
    library.espeak_SetParameter(_RATE_PARAMETER, words_a_minute, 0)
    document = text.encode()
    assert library.espeak_Synth(document, len(document) + 1, 0, 1, 0, _UTF8, None, None) == 0
    library.espeak_Synchronize()
    return (np.frombuffer(bytes(content), np.int16) / np.float32(32_768)).astype(np.float32)


# ----------------------------------------------------------------- files

FORMATS = {
    "mp3": ("mp3", "libmp3lame", 44_100),
    "m4a": ("ipod", "aac", 44_100),
    "wav": ("wav", "pcm_s16le", 44_100),
    "flac": ("flac", "flac", 44_100),
    "ogg": ("ogg", "libopus", 48_000),
    "opus": ("ogg", "libopus", 48_000),
    "mp4": ("mp4", "aac", 44_100),
}
"""FFmpeg's muxer and encoder, and the sample rate, by extension."""


def encoded(
    samples: Samples,
    rate: int,
    extension: str,
    *,
    channels: int = 1,
    tags: dict[str, str] | None = None,
    options: dict[str, str] | None = None,
) -> bytes:
    """A whole file with these mono samples in it, on each of `channels`."""
    muxer, encoder, encoder_rate = FORMATS[extension]
    layout = {1: "mono", 2: "stereo"}[channels]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"file.{extension}")
        with av.open(str(path), "w", format=muxer, options=options or {}) as output:
            output.metadata.update(tags or {})
            stream = output.add_stream(encoder, rate=encoder_rate, layout=layout)
            assert isinstance(stream, av.AudioStream)
            for frame in _frames(samples, rate, stream, layout, encoder_rate):
                output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
        return path.read_bytes()


def write_audio(path: Path, samples: Samples, rate: int, **settings: Any) -> Path:
    """Writes a file of the kind that its extension says; see `encoded`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(samples, rate, path.suffix[1:], **settings))
    return path


def video_without_sound() -> bytes:
    """An MP4 with a second of grey pictures and no audio track."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "video.mp4")
        with av.open(str(path), "w", format="mp4") as output:
            stream = output.add_stream("mpeg4", rate=10)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
            for _ in range(10):
                output.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((48, 64, 3), 128, np.uint8))))
            output.mux(stream.encode(None))
        return path.read_bytes()


def picture(extension: str, size: int = 32) -> bytes:
    """A small square picture: `jpg` or `png`."""
    encoder, pixels = {"jpg": ("mjpeg", "yuvj420p"), "png": ("png", "rgb24")}[extension]
    target = io.BytesIO()
    with av.open(target, "w", format="image2pipe") as output:
        stream = output.add_stream(encoder, rate=1)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = size, size, pixels
        output.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((size, size, 3), 90, np.uint8))))
        output.mux(stream.encode(None))
    return target.getvalue()


def silent_wav_of_hours(path: Path, hours: float, rate: int = 8_000) -> Path:
    """A WAV of digital silence as a sparse file: it takes no room on the disk, however long it is."""
    size = int(hours * 3600 * rate) * 2
    header = wav_header(size, rate)
    with path.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + size)
    return path


def wav_header(data_size: int, rate: int) -> bytes:
    """The 44 bytes before 16-bit mono samples."""
    riff = b"RIFF" + (36 + data_size).to_bytes(4, "little") + b"WAVE"
    form = (
        b"fmt "
        + (16).to_bytes(4, "little")
        + b"\x01\0\x01\0"
        + rate.to_bytes(4, "little")
        + (rate * 2).to_bytes(4, "little")
        + b"\x02\0\x10\0"
    )
    return riff + form + b"data" + data_size.to_bytes(4, "little")


def _frames(samples: Samples, rate: int, stream: Any, layout: str, encoder_rate: int) -> Any:
    # Each channel gets the samples as they are; swr would take 3 dB off when it makes two of one.
    planes = np.ascontiguousarray(np.repeat(samples[None], {"mono": 1, "stereo": 2}[layout], axis=0))
    frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout=layout)
    frame.sample_rate = rate
    resampler = av.AudioResampler(stream.codec_context.format, layout, encoder_rate)
    fifo = av.AudioFifo()
    for resampled in [*resampler.resample(frame), *resampler.resample(None)]:
        resampled.pts = None
        fifo.write(resampled)
    size = stream.codec_context.frame_size or 1024
    while (block := fifo.read(size, partial=True)) is not None:
        yield block
