"""What the dashboard says, in the show's language."""

from controller.dashboard.words.editor_vocabulary import EditorWords
from controller.dashboard.words.english import ENGLISH
from controller.dashboard.words.japanese import JAPANESE
from controller.dashboard.words.vocabulary import Words

__all__ = ["ENGLISH", "JAPANESE", "EditorWords", "Words", "words_for"]


def words_for(language: str) -> Words:
    """The words in a BCP 47 language; English for those that have no table here."""
    return JAPANESE if language.lower().split("-")[0] == "ja" else ENGLISH
