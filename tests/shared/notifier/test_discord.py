"""Messages to Discord, over a real connection to a server that is as strict as Discord says it is."""

from __future__ import annotations

import logging
import traceback

import pytest
from support_servers.discord import discord_server
from support_servers.faults import (
    Answer,
    Fault,
    Hang,
    LoseReply,
    ResetBefore,
    Truncate,
    html_page,
    json_error,
    patience_with,
)
from support_servers.processes import free_port

from shared.errors import ConflictError, NotFound, PermanentError, PodcastError, TransientError
from shared.notifier import Delivery, DiscordNotifier, MemorySendLog, StoredSendLog
from shared.notifier.send_log import Sends
from shared.notifier.webhook import Webhook
from shared.storage import FolderStore

MESSAGE = {"embeds": [{"title": "Published: 第3回 🎙", "description": "A summary"}], "allowed_mentions": {"parse": []}}
ONCE = Delivery(told=True)
PERHAPS_TWICE = Delivery(told=True, perhaps_twice=True)


@pytest.fixture
def discord():
    with discord_server() as server:
        yield server


def notifier(discord, **more) -> DiscordNotifier:
    patience = patience_with(*discord.faults.once, discord.faults.forever)
    return DiscordNotifier(discord.url, patience=patience, **more)


def test_a_message_arrives_whole_and_is_confirmed(discord) -> None:
    assert notifier(discord).notify(MESSAGE) == ONCE
    assert [each["embeds"] for each in discord.messages] == [MESSAGE["embeds"]]


HAPPENS = {
    # what happens to the request, and in the end: what notify returns, how many messages stand in the channel
    "reset before Discord saw it": ([ResetBefore()], PERHAPS_TWICE, 1),
    "reply lost": ([LoseReply()], PERHAPS_TWICE, 2),
    "silence after the work was done": ([Hang()], PERHAPS_TWICE, 2),
    "a proxy that gave up waiting": ([json_error(504, "too late")], PERHAPS_TWICE, 1),
    "a page instead of JSON": ([html_page()], PERHAPS_TWICE, 1),
    "an answer cut in half": ([Truncate()], ONCE, 1),
    "429 without a wait": ([json_error(429, "slow")], ONCE, 1),
    "500, then good": ([json_error(500, "oops")], ONCE, 1),
    "502 with a page, then good": ([html_page(502)], ONCE, 1),
    "three kinds of trouble, then good": ([json_error(503, "x"), json_error(500, "x"), html_page(502)], ONCE, 1),
}


@pytest.mark.parametrize(("faults", "delivery", "stand_there"), HAPPENS.values(), ids=HAPPENS)
def test_what_passes_is_tried_again_until_the_message_stands_there(discord, faults, delivery, stand_there) -> None:
    discord.faults.once.extend(faults)
    assert notifier(discord).notify(MESSAGE) == delivery
    assert len(discord.messages) == stand_there


REFUSES: dict[str, tuple[Fault, type[PodcastError], str, str | None, int]] = {
    # what every request meets: which error, a word of its message, a word of its advice, how many requests
    "401": (json_error(401, "no"), PermanentError, "401", "token was changed", 1),
    "403": (json_error(403, "no"), PermanentError, "403", "may not write", 1),
    "404": (json_error(404, "no"), NotFound, "404", "webhook was deleted", 1),
    "405": (Answer(405), PermanentError, "405", None, 1),
    "409": (Answer(409), PermanentError, "409", None, 1),
    "412": (Answer(412), PermanentError, "412", None, 1),
    "moved": (Answer(301, headers={"Location": "http://127.0.0.1/"}), PermanentError, "send the message", None, 1),
    "429 for an hour": (json_error(429, "no", **{"Retry-After": "3600"}), TransientError, "429", None, 1),
    "503 for ever": (json_error(503, "no"), TransientError, "503", None, 4),
    "replies lost for ever": (LoseReply(), PermanentError, "lost 2 times", "Look into the channel", 2),
    "silence for ever": (Hang(), PermanentError, "lost 2 times", "Look into the channel", 2),
    "pages for ever": (html_page(), PermanentError, "lost 2 times", "Look into the channel", 2),
}


@pytest.mark.parametrize("row", REFUSES.values(), ids=REFUSES)
def test_what_stays_is_an_error_that_says_what_to_do(discord, row) -> None:
    discord.faults.forever, kind, word, advice, requests = row
    with pytest.raises(kind, match=word) as caught:
        notifier(discord).notify(MESSAGE)
    assert type(caught.value) is kind
    assert advice is None or advice in caught.value.advice
    assert len(discord.faults.requests) == requests
    assert len(discord.messages) <= 2


def test_a_discord_that_cannot_be_reached_is_a_transient_error() -> None:
    nobody = f"http://127.0.0.1:{free_port()}/api/webhooks/1/t"
    with pytest.raises(TransientError, match="connection refused"):
        DiscordNotifier(nobody, patience=patience_with()).notify(MESSAGE)


def test_a_wait_that_is_longer_than_our_patience_is_left_to_the_orchestrator(discord) -> None:
    discord.faults.forever = json_error(429, "no", **{"Retry-After": "3600"})
    with pytest.raises(TransientError) as caught:
        notifier(discord).notify(MESSAGE)
    assert caught.value.to_failure().retry_after == 3600


@pytest.mark.parametrize("header_only", [False, True])
def test_the_wait_that_discord_names_is_obeyed(discord, header_only) -> None:
    discord.closed_for, discord.header_only = [0.2, 0.1], header_only
    assert notifier(discord).notify(MESSAGE) == ONCE
    assert (len(discord.messages), discord.impatient) == (1, 0)


def test_a_form_that_discord_refuses_is_named_field_by_field(discord) -> None:
    wrong = {"embeds": [{"title": "t" * 257, "fields": [{"name": "n", "value": ""}]}]}
    with pytest.raises(PermanentError, match=r"embeds\.0\.fields\.0\.value: .*embeds\.0\.title: Must be 256"):
        notifier(discord).notify(wrong)
    assert len(discord.faults.requests) == 1


def test_a_deleted_webhook_says_how_to_make_another(discord) -> None:
    discord.deleted = True
    with pytest.raises(NotFound) as caught:
        notifier(discord).notify(MESSAGE)
    assert "deleted" in (caught.value.advice or "")
    assert "Integrations" in (caught.value.advice or "")


# ------------------------------------------------------------------ one outcome, one message


@pytest.fixture(params=["in memory", "in the work bucket"])
def sends(request, tmp_path):
    """A way to the same log, again and again."""
    if request.param == "in memory":
        log = MemorySendLog()
        return lambda: log
    return lambda: StoredSendLog(FolderStore(tmp_path), "messages/job/1.json")


def test_what_was_delivered_is_not_sent_again(discord, sends) -> None:
    notifier(discord, sends=sends()).notify(MESSAGE)
    assert notifier(discord, sends=sends()).notify(MESSAGE) == ONCE
    assert len(discord.messages) == 1


def test_a_process_that_died_while_it_sent_counts_as_a_lost_reply(discord, sends) -> None:
    sends().save(Sends(unanswered=1))
    assert notifier(discord, sends=sends()).notify(MESSAGE) == PERHAPS_TWICE


def test_no_attempt_sends_a_third_time(discord, sends) -> None:
    discord.faults.forever = LoseReply()
    for _ in range(3):
        with pytest.raises(PermanentError, match="lost 2 times"):
            notifier(discord, sends=sends()).notify(MESSAGE)
    assert len(discord.messages) == 2


def test_what_certainly_did_not_arrive_does_not_count(discord, sends) -> None:
    discord.faults.forever = json_error(503, "no")
    for _ in range(3):
        with pytest.raises(TransientError):
            notifier(discord, sends=sends()).notify(MESSAGE)
    discord.faults.forever = None
    assert notifier(discord, sends=sends()).notify(MESSAGE) == ONCE


def test_of_two_processes_with_the_same_message_one_gives_way(discord, tmp_path) -> None:
    work = FolderStore(tmp_path)
    late = StoredSendLog(work, "messages/job/1.json")
    late.load()
    StoredSendLog(work, "messages/job/1.json").save(Sends(unanswered=1))
    with pytest.raises(ConflictError):
        late.save(Sends(unanswered=1))


# ------------------------------------------------------------------ the address is a secret


def test_the_address_is_in_no_error_no_traceback_and_no_log(discord, caplog, capsys) -> None:
    caplog.set_level(logging.DEBUG)
    told = [repr(Webhook(discord.url))]
    nobody = f"http://127.0.0.1:{free_port()}/api/webhooks/1/{discord.token}"
    faults: list[Fault | None] = [None, *(each[0] for each in REFUSES.values())]
    for fault in faults:
        address = discord.url if fault else nobody
        discord.faults.forever = fault
        with pytest.raises((PermanentError, TransientError)) as caught:
            DiscordNotifier(address, patience=patience_with(fault)).notify(MESSAGE)
        told += traceback.format_exception(caught.value)
        told += [caught.value.message, str(caught.value.advice)]
    discord.faults.forever = None
    notifier(discord).notify(MESSAGE)
    output = capsys.readouterr()
    assert output.err or output.out  # the losses were logged
    assert "connection refused" in "".join(told)
    for text in [*told, caplog.text, output.err, output.out]:
        assert discord.token not in text


@pytest.mark.parametrize(
    "address",
    [
        "",
        "hello",
        "https://example.com/api/webhooks/1/secret",
        "https://discord.com/api/webhooks/secret",
        "http://discord.com/api/webhooks/1/secret",
    ],
)
def test_what_is_no_webhook_is_refused_without_repeating_it(address) -> None:
    with pytest.raises(PermanentError, match="not the address of a webhook") as caught:
        DiscordNotifier(address)
    assert "secret" not in caught.value.message


def test_a_line_break_around_the_secret_does_no_harm(discord) -> None:
    DiscordNotifier(f" {discord.url}\n", patience=patience_with()).notify(MESSAGE)
    assert len(discord.messages) == 1


def test_a_thread_of_the_channel_can_be_named() -> None:
    address = "https://discord.com/api/webhooks/1/t?thread_id=7"
    assert Webhook(address).reveal() == "https://discord.com/api/webhooks/1/t?wait=true&thread_id=7"
