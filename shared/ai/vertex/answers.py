"""The shapes that the model answers in. Field descriptions are read by the model, as part of its schema.

Every field is required and none has a default: a model leaves out what it may.
"""

from __future__ import annotations

from pydantic import BaseModel, Field


class SaidSegment(BaseModel):
    """A stretch of speech, in the time of the chunk."""

    start: str = Field(description="when it begins, MM:SS.t from the start of the audio, for example 04:31.2")
    end: str = Field(description="when it ends, in the same format")
    speaker: str | None = Field(
        description="the speaker's name if it is said or known, otherwise 'Speaker 1', 'Speaker 2' … in English "
        "whatever is spoken, always the same for the same voice"
    )
    text: str = Field(description="the words, with punctuation, in the language that was spoken and in its own script")


class HeardVoice(BaseModel):
    """How to know a speaker again in another stretch of the same episode."""

    speaker: str = Field(description="exactly as in the segments")
    voice: str = Field(
        description="a few words in English on how the voice sounds and on the part it has in the talk, "
        "for example 'low calm man, asks the questions'"
    )


class Hearing(BaseModel):
    """What was said in a chunk."""

    language: str = Field(description="BCP 47 code of the language that is spoken most; 'und' if nobody speaks")
    segments: list[SaidSegment] = Field(description="in order of time, none longer than 30 seconds")
    voices: list[HeardVoice] = Field(description="every speaker of the segments, once")


class ToldChapter(BaseModel):
    """A topic and where it starts."""

    start: str = Field(description="the time of the line with which the topic begins, H:MM:SS, as in the transcript")
    title: str = Field(description="a few words, in the style and length asked for")


class ToldSpeaker(BaseModel):
    """Who a label in the transcript is."""

    label: str = Field(description="exactly as in the transcript")
    name: str | None = Field(description="the name, only if somebody says it or it is among the hosts; else null")


class SamePerson(BaseModel):
    """Labels that are one person, who was heard in several stretches of the recording."""

    labels: list[str] = Field(description="two or more, each exactly as in the transcript")


class Understanding(BaseModel):
    """What an episode is about."""

    title: str = Field(
        description="in the style and length asked for, without the episode's number and the show's name"
    )
    episode_number: int | None = Field(description="the episode's number, only if somebody says it; else null")
    summary: str = Field(description="what a listener gets to know, in the style and length asked for")
    keywords: list[str] = Field(description="five to ten, most important first, no duplicates")
    chapters: list[ToldChapter] = Field(description="every change of topic, in order of time; the first at the start")
    topics: list[str] = Field(description="the minutes' topics: what was talked about, one short entry a topic")
    decisions: list[str] = Field(description="the minutes' decisions: what was decided; empty if nothing was")
    action_items: list[str] = Field(
        description="the minutes' action items: who does what by when, as far as it was said; empty if nothing was"
    )
    speakers: list[ToldSpeaker] = Field(description="every label that occurs in the transcript, once")
    same_people: list[SamePerson] = Field(
        description="labels with different numbers after the @ that are certainly one person, by what they say and how "
        "their voices are described; no label twice; empty where it is not certain"
    )
