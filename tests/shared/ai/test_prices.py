from __future__ import annotations

from datetime import date

import pytest

from shared.ai.prices import AUDIO_TOKENS_A_SECOND, CURRENT_MODELS, add_costs, cost_of, estimate_of_episode, price_of
from shared.ai.vertex.settings import VertexSettings
from shared.models import Cost

TODAY = date(2026, 11, 24)


def test_a_million_tokens_cost_what_the_table_says() -> None:
    cost = cost_of("gemini-3.8-flash", "gemini-3.8-flash-001", 1_000_000, 1_000_000, TODAY)
    assert cost == Cost(
        model="gemini-3.8-flash", version="gemini-3.8-flash-001", usd=4.5, input_tokens=10**6, output_tokens=10**6
    )


def test_the_introductory_price_ends_with_the_year() -> None:
    assert price_of("gemini-3.8-flash", date(2026, 12, 31)).input == 0.75
    assert price_of("gemini-3.8-flash", date(2027, 1, 1)).input == 1.50


def test_a_model_without_a_price_counts_as_the_dearest() -> None:
    dearest = max(price_of(model, TODAY).output for model in CURRENT_MODELS)
    assert price_of("gemini-9-argon", TODAY).output == dearest


def test_the_default_models_have_prices() -> None:
    assert set(VertexSettings().models) <= set(CURRENT_MODELS)


def test_hearing_an_hour_costs_what_the_vendor_counts_for_it() -> None:
    assert 3600 * AUDIO_TOKENS_A_SECOND == 115_200
    assert cost_of("gemini-3.8-flash", None, 115_200, 0, TODAY).usd == pytest.approx(0.0864)


@pytest.mark.parametrize("minutes", [0.2, 15, 60, 480])
def test_the_estimate_is_more_than_the_audio_alone_and_grows_with_it(minutes) -> None:
    seconds = minutes * 60
    cost = estimate_of_episode("gemini-3.8-flash", seconds, 900.0, TODAY)
    assert cost.input_tokens > seconds * AUDIO_TOKENS_A_SECOND
    assert cost.usd > estimate_of_episode("gemini-3.8-flash", seconds / 2, 900.0, TODAY).usd


def test_costs_are_added_up_by_model_and_version() -> None:
    one = Cost(model="a", version="1", usd=1.0, input_tokens=10, output_tokens=1)
    other = Cost(model="b", usd=0.5, input_tokens=1, output_tokens=1)
    assert add_costs([one, other, one]) == [
        Cost(model="a", version="1", usd=2.0, input_tokens=20, output_tokens=2),
        other,
    ]


def test_audio_has_its_own_price_where_the_vendor_charges_it_apart() -> None:
    lite = cost_of("gemini-3.1-flash-lite", None, 1_000_000, 0, TODAY, audio_tokens=900_000)
    assert lite.usd == pytest.approx(0.9 * 0.50 + 0.1 * 0.25)
    assert lite.input_tokens == 1_000_000
    main = [cost_of("gemini-3.8-flash", None, 1000, 10, TODAY, audio_tokens=audio).usd for audio in (0, 900)]
    assert main[0] == pytest.approx(main[1])


def test_the_estimate_counts_audio_at_its_own_price() -> None:
    hour = estimate_of_episode("gemini-3.1-flash-lite", 3600, 900.0, TODAY)
    flat = cost_of("gemini-3.1-flash-lite", None, hour.input_tokens, hour.output_tokens, TODAY)
    assert hour.usd - flat.usd == pytest.approx(115_200 * 0.25 / 1e6)
