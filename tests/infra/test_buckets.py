"""Buckets as only a real cloud would notice them: who reads from where, what stays how long, R2's domain and keys."""

from __future__ import annotations

import functools
import hashlib
import json

from standin_clouds import behaviour
from support_graph import Graph, Node
from support_settings import GOOGLE_PROJECT, MODES, ZONE, declare, dev_settings


@functools.cache
def everything() -> Graph:
    return declare(dev_settings(**MODES["pubsub-domain-discord-budget"]))


def the(kind: str) -> Node:
    (found,) = everything().of(kind)
    return found


def test_players_may_read_the_public_bucket_from_any_page_and_by_ranges() -> None:
    (rule,) = the("R2BucketCors")["rules"]
    assert rule["allowed"] == {"methods": ["GET", "HEAD"], "origins": ["*"], "headers": ["range", "if-match"]}
    assert {"accept-ranges", "content-length", "content-range", "etag"} <= set(rule["exposeHeaders"])


def test_uploads_left_half_done_do_not_stay() -> None:
    (rule,) = the("R2BucketLifecycle")["rules"]
    assert rule["enabled"]
    assert rule["conditions"] == {"prefix": ""}
    assert rule["abortMultipartUploadsTransition"]["condition"] == {"type": "Age", "maxAge": 7 * 24 * 3600}
    for node in everything().of("gcp:storage/bucket:Bucket"):
        kinds = [rule["action"]["type"] for rule in node["lifecycleRules"]]
        assert kinds.count("AbortIncompleteMultipartUpload") == 1


def test_what_people_deleted_or_replaced_stays_for_a_month() -> None:
    rules = everything().one("gcp:storage/bucket:Bucket", "input")["lifecycleRules"]
    assert [rule["condition"] for rule in rules if rule["action"]["type"] == "Delete"] == [
        {"daysSinceNoncurrentTime": 30, "withState": "ARCHIVED"}
    ]


def test_recordings_are_forgotten_where_the_stack_says_so() -> None:
    bucket = declare(dev_settings(retention={"recordings": 60})).one("gcp:storage/bucket:Bucket", "input")
    assert {"age": 60, "withState": "LIVE"} in [rule["condition"] for rule in bucket["lifecycleRules"]]


def test_the_domain_is_on_in_its_own_zone_and_takes_no_old_tls() -> None:
    domain = the("R2CustomDomain")
    assert (domain["domain"], domain["zoneId"], domain["enabled"]) == ("podcast.example.com", ZONE, True)
    assert domain["minTls"] == "1.2"
    assert domain["bucketName"] == "podcast-dev"


def test_without_a_domain_the_bucket_has_an_address_of_cloudflares_own_that_is_on() -> None:
    managed = declare(dev_settings()).one("R2ManagedDomain", "r2-dev-domain")
    assert managed["enabled"] is True


def test_the_key_pair_of_r2_is_derived_as_r2_derives_it() -> None:
    token = the("AccountToken")
    token_id = behaviour.IDS[token.type](token.inputs, GOOGLE_PROJECT)
    pair = json.loads(everything().one("SecretVersion", "r2-keys-value")["secretData"])
    secret = hashlib.sha256(token.outputs["value"].encode()).hexdigest()
    assert pair == {"access_key_id": token_id, "secret_access_key": secret}
    assert token["policies.0.effect"] == "allow"
