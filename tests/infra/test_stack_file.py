"""What a wrong setting gets: the key, the value, the reason and the command; and no stack."""

from __future__ import annotations

import re
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
import yaml
from support_settings import ACCOUNT, GOOGLE_PROJECT, WEBHOOK, ZONE, dev_settings, pulumi_values, read, stack_file

from infra.config import StackConfig
from infra.stack_file import PROJECT, WrongConfig, read_config
from shared.contract import PROCESS
from shared.notifier.webhook import Webhook


def refusal(settings, stack="dev", **how) -> str:
    with pytest.raises(WrongConfig) as caught:
        read(settings, stack, **how)
    return str(caught.value)


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes(width) for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_the_dev_stack_works_once_its_two_placeholders_are_replaced() -> None:
    text = Path("Pulumi.dev.yaml").read_text("utf-8")
    assert len(re.findall("REPLACE-WITH-", text)) == 2
    config = read(dev_settings())
    assert (config.region, config.orchestration, config.controller_min_instances) == (
        "asia-northeast1",
        "sequential",
        1,
    )


def test_the_prod_example_works_once_its_placeholders_are_replaced_and_protects() -> None:
    filled = {
        **stack_file("prod.example"),
        "project": GOOGLE_PROJECT,
        "cloudflare_account_id": ACCOUNT,
        "cloudflare_zone_id": ZONE,
        "input_bucket": "our-recordings",
        "domain": "podcast.example.com",
        "operators": ["group:team@example.com"],
        "notification_emails": ["you@example.com"],
        "billing_account": "012345-6789AB-CDEF01",
    }
    show = {**filled["show"], "title": "Our show", "description": "About us."}
    filled["show"] = {**show, "owner": {"name": "We", "email": "we@example.com"}}
    assert read(filled, "prod").protect


@pytest.mark.parametrize("name", ["dev", "prod.example"])
def test_every_placeholder_is_named_with_the_command_that_replaces_it(name: str) -> None:
    settings = stack_file(name)
    message = refusal(settings, "dev")
    left = re.findall(r"REPLACE-WITH-", yaml.safe_dump(settings))
    assert message.count("is still the placeholder") == len(left)
    assert 'project = "REPLACE-WITH-YOUR-PROJECT-ID": is still the placeholder' in message
    assert "pulumi config set project my-project-123456 --stack dev" in message


def test_a_stack_without_any_configuration_is_told_what_it_needs() -> None:
    message = refusal({})
    assert "project: is missing\n    pulumi config set project my-project-123456 --stack dev" in message
    assert "cloudflare_account_id: is missing" in message


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "a region that does not exist": (
        {"region": "asia-northeast9"},
        'region = "asia-northeast9": is no region with Cloud Run; did you mean asia-northeast',
        "pulumi config set region asia-northeast",
    ),
    "a mistyped key": (
        {"cost_cap_used": "3"},
        'cost_cap_used = "3": is not a setting; did you mean cost_cap_usd?',
        "pulumi config rm --path cost_cap_used --stack dev",
    ),
    "a mistyped key inside another": (
        {"show": {"titel": "x"}},
        'show.titel = "x": is not a setting; did you mean show.title?',
        "pulumi config rm --path show.titel",
    ),
    "a cost cap of nothing": (
        {"cost_cap_usd": "0"},
        'cost_cap_usd = "0": Input should be greater than 0',
        "pulumi config set cost_cap_usd 5 --stack dev",
    ),
    "a cost cap that caps nothing": (
        {"cost_cap_usd": "inf"},
        'cost_cap_usd = "inf": Input should be a finite number',
        "pulumi config set cost_cap_usd 5 --stack dev",
    ),
    "a cost cap that is no number": (
        {"cost_cap_usd": "nan"},
        'cost_cap_usd = "nan": Input should be a finite number',
        "pulumi config set cost_cap_usd 5 --stack dev",
    ),
    "a single region for a model that answers in none": (
        {"ai_location": "asia-northeast1"},
        "ai_location: is asia-northeast1, and ai_model gemini-3.8-flash answers in eu, global, us only",
        "pulumi config set ai_location global --stack dev",
    ),
    "a single region for a fallback that answers in none": (
        {"ai_location": "us-central1", "ai_model": "gemini-3.5-flash-lite"},
        "ai_location: is us-central1, and ai_fallback_model gemini-3.6-flash answers in eu, global, us only",
        "pulumi config set ai_location global --stack dev",
    ),
    "a category that Apple does not know": (
        {"show": {"category": "Podcasting"}},
        'show.category = "Podcasting": is not one of Apple\'s categories: Arts',
        "pulumi config set --path show.category Technology",
    ),
    "an AI location that does not exist": (
        {"ai_location": "japan"},
        'ai_location = "japan": is no location of Gemini',
        "pulumi config set ai_location global",
    ),
    "an orchestration that does not exist": (
        {"orchestration": "kafka"},
        "orchestration = \"kafka\": Input should be 'sequential' or 'pubsub'",
        "pulumi config set orchestration sequential",
    ),
    "a step that does not exist": ({"steps": {"proces": {"memory": "8Gi"}}}, "did you mean process?", "--stack dev"),
    "memory that Cloud Run does not give with so little CPU": (
        {"steps": {"fetch": {"memory": "8Gi"}}},
        "steps.fetch.memory: is 8Gi with 1 CPU, but 1 CPU go with 512Mi to 4Gi",
        "pulumi config set --path steps.fetch.memory",
    ),
    "a CPU count that Cloud Run does not have": (
        {"steps": {"fetch": {"cpu": "3"}}},
        "Cloud Run has 1, 2, 4, 6, 8 CPU",
        "--stack dev",
    ),
    "a domain without its zone": (
        {"domain": "podcast.example.com"},
        "cloudflare_zone_id: is needed for the domain",
        f"pulumi config set cloudflare_zone_id {ACCOUNT}",
    ),
    "a billing account without a budget": (
        {"billing_account": "012345-6789AB-CDEF01"},
        "monthly_budget: is needed with billing_account",
        "pulumi config set monthly_budget 50",
    ),
    "an operator that is nobody": (
        {"operators": ["everyone"]},
        "'everyone' is neither an e-mail address nor",
        "pulumi config set operators",
    ),
    "a project id that Google does not allow": (
        {"project": "My Project"},
        'project = "My Project"',
        "config set project",
    ),
    "a bucket name that Google does not allow": ({"input_bucket": "Our Recordings"}, "input_bucket", "--stack dev"),
    "a cover that is not there": (
        {"show": {"cover": "nowhere.png"}},
        'show.cover = "nowhere.png": is not there',
        "pulumi config set --path show.cover cover.png",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_setting_is_refused_with_key_value_reason_and_command(case: str) -> None:
    changes, reason, command = WRONG[case]
    message = refusal(dev_settings(**changes))
    assert message.startswith("Pulumi.dev.yaml has a wrong setting; nothing was created.\n")
    assert reason in message
    assert command in message


def test_the_value_that_a_refusal_suggests_is_right() -> None:
    message = refusal(dev_settings(region="asia-northeast9"))
    suggested = re.search(r"pulumi config set region (\S+)", message)
    assert suggested
    assert read(dev_settings(region=suggested[1])).region == suggested[1]


@pytest.mark.parametrize(
    ("size", "reason"),
    [
        ((1400, 1500), "is 1400 × 1500 pixels; directories take squares only"),
        ((300, 300), "has 300 pixels a side; directories take 1400 to 3000"),
        ((3001, 3001), "has 3001 pixels a side"),
    ],
)
def test_a_cover_that_directories_refuse_is_refused(size: tuple[int, int], reason: str, tmp_path: Path) -> None:
    (tmp_path / "cover.png").write_bytes(png(*size))
    assert reason in refusal(dev_settings(show={"cover": "cover.png"}), root=tmp_path)


def test_a_cover_that_is_no_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cover.png").write_text("not a picture")
    assert "is no picture that can be read" in refusal(dev_settings(show={"cover": "cover.png"}), root=tmp_path)


def test_a_square_cover_of_the_right_size_is_taken(tmp_path: Path) -> None:
    (tmp_path / "cover.png").write_bytes(png(1400, 1400))
    assert read(dev_settings(show={"cover": "cover.png"}), root=tmp_path).show.cover == "cover.png"


def test_a_secret_in_plain_text_is_refused_and_not_repeated() -> None:
    message = refusal(dev_settings(discord_webhook=WEBHOOK), encrypted=())
    assert "discord_webhook" in message
    assert "written in plain text" in message
    assert "pulumi config set --secret discord_webhook --stack dev" in message
    assert WEBHOOK not in message


def test_a_webhook_of_the_wrong_form_is_refused_and_not_repeated() -> None:
    message = refusal(dev_settings(discord_webhook="https://example.com/hook/secret"))
    assert "is no Discord webhook" in message
    assert "example.com/hook" not in message


def test_a_server_on_this_machine_is_no_webhook_of_a_stack() -> None:
    assert "is no Discord webhook" in refusal(
        dev_settings(discord_webhook="http://127.0.0.1:8080/api/webhooks/1/secret")
    )


@pytest.mark.parametrize("more", ["", "?thread_id=42"], ids=["channel", "thread"])
@pytest.mark.parametrize("base", ["https://discord.com/api", "https://canary.discordapp.com/api/v10"])
def test_every_webhook_that_notify_job_can_use_is_taken(base: str, more: str) -> None:
    address = f"{base}/webhooks/123/a-token{more}"
    webhook = read(dev_settings(discord_webhook=address)).discord_webhook
    assert webhook
    assert webhook.get_secret_value() == address
    assert Webhook(address).id == "123"


@pytest.mark.parametrize("stack", ["dead", "blue-dead"])
def test_a_stack_whose_topics_would_be_anothers_dead_letters_is_refused(stack: str) -> None:
    assert "dead letters of another stack" in refusal(dev_settings(), stack)


def test_one_model_in_one_region_is_taken() -> None:
    lite = "gemini-3.5-flash-lite"
    assert read(dev_settings(ai_location="us-central1", ai_model=lite, ai_fallback_model=lite)).ai_location


def test_cloudflare_without_a_token_is_refused_before_anything_is_declared() -> None:
    with pytest.raises(WrongConfig, match="so is the variable CLOUDFLARE_API_TOKEN"):
        read_config("dev", pulumi_values(dev_settings()), set(), {}, Path())


def test_all_that_is_wrong_is_said_at_once() -> None:
    message = refusal(dev_settings(region="mars", cost_cap_usd="0", slots="none"))
    assert "has 3 wrong settings" in message


def test_settings_of_other_projects_are_none_of_ours() -> None:
    values = {**pulumi_values(dev_settings()), "gcp:project": "elsewhere"}
    assert read_config("dev", values, set(), {"CLOUDFLARE_API_TOKEN": "x"}, Path()).project == GOOGLE_PROJECT


def test_a_stack_whose_name_cannot_end_other_names_is_refused() -> None:
    assert "stack" in refusal(dev_settings(), "Prod_1")


def test_an_operator_written_as_a_plain_address_is_a_user() -> None:
    assert read(dev_settings(operators=["you@example.com"])).operators == ("user:you@example.com",)


def test_a_step_gets_what_the_stack_says_and_else_what_the_contract_says() -> None:
    config = read(dev_settings(steps={"process": {"memory": "8Gi"}}))
    limits = config.limits(PROCESS)
    assert (limits.cpu, limits.memory) == (PROCESS.resources.cpu, "8Gi")
    assert limits.timeout_seconds == PROCESS.resources.timeout_seconds


def test_every_setting_is_explained_in_the_operations_page() -> None:
    page = Path("docs/operations.md").read_text("utf-8")
    assert [key for key in StackConfig.model_fields if key != "stack" and f"`{key}`" not in page] == []
    assert PROJECT in page
