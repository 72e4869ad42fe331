"""Repetition loops are told from speech that likes to repeat itself."""

from support_audio import TWO_CITIES

from shared.ai.loops import is_loop


def test_the_same_few_words_again_and_again_are_a_loop():
    assert is_loop("of the law " * 60)
    assert is_loop("And then he goes to the hospital. " * 12)
    assert is_loop("ご視聴ありがとうございました。" * 20)


def test_a_loop_is_found_at_the_end_of_good_speech_too():
    assert is_loop(TWO_CITIES + " of the law" * 60)


def test_rhetoric_is_no_loop():
    assert not is_loop(TWO_CITIES)
    assert not is_loop("No. No. No, no!")
    assert not is_loop("")
