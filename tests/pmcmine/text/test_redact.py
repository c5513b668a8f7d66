"""Credentials are masked wherever they may stand, other texts stay, and nothing takes long."""

from __future__ import annotations

import logging
import pickle
import time
from base64 import b64encode

import pytest

from pmcmine.errors import PmcmineError, ReleaseError
from pmcmine.run.metrics import JsonLines
from pmcmine.text.clean import CleanFormatter
from pmcmine.text.redact import MASK, hide, is_masked, learn, learn_environment, option, redact, redact_all

SECRET = "s3cr3t-Zq9"


@pytest.mark.parametrize("text", [
    f"https://user:{SECRET}@host/x",
    f"https://{SECRET}@host/x",
    f"//user:{SECRET}@host/x",
    f"https://user:a/{SECRET}@host:80/x",
    f"https://user:a@{SECRET}@host/x",
    f"s3://key:{SECRET}@bucket/x",
    f"https://acct.blob.core.windows.net/c/v.vocab?sv=2024&sig={SECRET}%3D",
    f"https://b.s3.amazonaws.com/x?X-Amz-Credential={SECRET}&X-Amz-Signature={SECRET}",
    f"https://host/x?anything={SECRET}",
    f"https://host/x?{SECRET}",
    f"https://host/x#{SECRET}",
    f"https://host/x?version=1#access_token={SECRET}",
    f"simplecache::https://u:{SECRET}@host/x",
    f"zip://a.zip::https://u:{SECRET}@host/x?sig={SECRET}",
    f"alice:{SECRET}@host:/srv",
    f"/data/password={SECRET}/bucket",
    f"/data/API-Key={SECRET}",
    f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={SECRET}==;EndpointSuffix=x",
    f"--beam=--token={SECRET}",
    f'{{"password": "{SECRET} {SECRET}"}}',
    f"{{'aws_secret_access_key': '{SECRET}'}}",
    f"Authorization: Bearer {SECRET}",
    f"HTTPConnectionPool(host='h', port=80): Max retries exceeded with url: /x?sig={SECRET} (Caused by …)",
    f"(https://u:{SECRET}@host/x), and more",
])  # fmt: skip
def test_what_credentials_look_like(text: str) -> None:
    said = redact(text)
    assert SECRET not in said and is_masked(said)
    assert redact(said) == said


@pytest.mark.parametrize("text", [
    "https://pmc-oa-opendata.s3.amazonaws.com/",
    "http://127.0.0.1:8000/a@b/c?version=3",
    "gs://bucket/release", "s3://bucket/key@1", "/home/me/bucket", "me@example.org", "C:\\data",
    "--publish-to: no token for the Hub; set HF_TOKEN, or run `hf auth login`",
    "groups: 1 unknown; choose from commercial, noncommercial, other",
    "seed: 1 → 2; groups: [\"commercial\"] → [\"other\"]",
    "did you mean 'token'?", "a basic understanding", "PMC123.2", "monkey=1", "tokens, keys: 3",
])  # fmt: skip
def test_other_texts_stay(text: str) -> None:
    assert redact(text) == text


def test_known_tokens_are_masked() -> None:
    for token in ("hf_" + "aB3" * 11, "ghp_" + "x1" * 18, "AKIA" + "ABCD1234" * 2, "eyJhbGciOiJI.eyJzdWIiOiIx.abc-_"):
        assert redact(f"it said {token}.") == f"it said {MASK}."


def test_learnt_values_are_masked_wherever_they_are_repeated() -> None:
    learn({"source": "https://joe:pw%2Fx-Learnt@host/", "other": ["https://h/x?k=qv-Learnt"]})
    learn_environment({"MY_API_TOKEN": "from-the-Environment", "HTTPS_PROXY": "http://a:proxy-Pw@p:1", "PATH": "/bin"})
    for said in ("pw%2Fx-Learnt", "pw/x-Learnt", "qv-Learnt", "from-the-Environment", "proxy-Pw"):
        assert hide(f"answer: <{said}>") == f"answer: <{MASK}>"
    basic = b64encode(b"joe:pw/x-Learnt").decode()
    assert basic not in hide(f"header {basic}")
    assert hide("/bin is no secret") == "/bin is no secret"


def test_errors_and_logs_hold_none() -> None:
    error = ReleaseError(f"https://u:{SECRET}@host/x: not there")
    assert SECRET not in str(error) and str(pickle.loads(pickle.dumps(error))) == str(error)
    assert isinstance(error, PmcmineError)
    try:
        raise RuntimeError(f"https://u:{SECRET}@host/x")
    except RuntimeError as caught:
        info = (type(caught), caught, caught.__traceback__)
    record = logging.LogRecord("x", logging.INFO, "x", 1, "asking %s", (f"https://u:{SECRET}@host/",), info)
    for formatter in (CleanFormatter("%(message)s"), JsonLines()):
        record.exc_text = None
        said = formatter.format(record)
        assert SECRET not in said and "RuntimeError" in said and "asking" in said


def test_options_of_beam_keep_numbers_and_harmless_words() -> None:
    kept = ["--num_workers=4", "--region=europe-west1", "--environment_type=DOCKER", "--no_auth"]
    assert list(map(option, kept)) == kept
    assert option(f"--job_name={SECRET}") == f"--job_name={MASK}"
    assert option(SECRET) == MASK and option(f"--x {SECRET}") == MASK
    assert redact_all({"a": [f"https://u:{SECRET}@h", 1, None]}) == {"a": [f"https://{MASK}@h", 1, None]}


@pytest.mark.parametrize("worst", [
    "://", "a://", "a://a:@", "a:@", "token", "key=", "token=", "a:b@", "eyJ", "'token'", "bearer ", "?a=b&", "hf_",
    "http://h/?a=b&", ".", "token.", "a:", "@", "xox-", "://a@", "-", "'key': ",
])  # fmt: skip
def test_time_grows_with_the_text_alone(worst: str) -> None:
    started = time.perf_counter()
    redact(worst * (200_000 // len(worst)))
    assert time.perf_counter() - started < 2
