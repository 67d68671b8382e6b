"""Playback tokens: what they allow, and that nothing else lets anybody in."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from vodpull.videos.playback.file_kinds import FileKind, kind_of
from vodpull.videos.playback.playback_tokens import (
    FileRequest,
    Grant,
    TokenRefusal,
    TokenRefused,
    TokenSigningKey,
    VerifyingKey,
    key_id_of,
    read_token,
    refusal,
    write_token,
)

VIDEO = "16be449c01a23d77787e564b68370794"
SECRET = "5" * 64
KEY = VerifyingKey(algorithm="HS256", key=SECRET)
GRANT = Grant(sub=VIDEO, exp=2_000_000_000)
NOW_S = 1_900_000_000.0
NOBODY = FileRequest(address="198.51.100.7", referrer="")


def judged(
    grant: Grant, kind: FileKind = FileKind.MEDIA, visit: FileRequest = NOBODY, now_s: float = NOW_S
) -> str | None:
    return refusal(grant, video_id=VIDEO, kind=kind, visit=visit, now_s=now_s)


def refused(token: str, key: VerifyingKey = KEY) -> TokenRefusal:
    with pytest.raises(TokenRefused) as caught:
        read_token(token, key)
    return caught.value.reason


def signed(claims: dict[str, object], **headers: object) -> str:
    return jwt.encode(claims, SECRET, algorithm="HS256", headers={"kid": "PK1", **headers})


@pytest.mark.parametrize(
    "grant",
    [
        GRANT,
        replace(GRANT, nbf=5, grace=0, net="203.0.113.0/24", ref="www.example.test", original=True),
        replace(GRANT, only=("captions", "pictures")),
    ],
)
def test_what_is_written_is_read(grant: Grant) -> None:
    token = write_token(grant, TokenSigningKey(key_id="PK1", secret=SECRET))
    assert key_id_of(token) == "PK1"
    assert read_token(token, KEY) == grant


def test_a_back_end_signs_with_a_key_of_its_own() -> None:
    own = Ed25519PrivateKey.generate()
    pem = own.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    token = jwt.encode({"sub": VIDEO, "exp": 2_000_000_000}, own, algorithm="EdDSA", headers={"kid": "PK2"})
    public = VerifyingKey(algorithm="EdDSA", key=pem)
    assert read_token(token, public) == GRANT
    # The public key is no secret of HS256, and the token of another algorithm is none of this key.
    confused = jwt.encode({"sub": VIDEO, "exp": 2_000_000_000}, "x" * 32, algorithm="HS256", headers={"kid": "PK2"})
    assert refused(confused, public) is TokenRefusal.MALFORMED
    assert refused(token) is TokenRefusal.MALFORMED


def test_a_signature_of_another_secret_or_none_at_all_is_no_signature() -> None:
    forged = jwt.encode({"sub": VIDEO, "exp": 2_000_000_000}, "6" * 64, algorithm="HS256", headers={"kid": "PK1"})
    assert refused(forged) is TokenRefusal.FORGED
    unsigned = jwt.encode({"sub": VIDEO, "exp": 2_000_000_000}, "", algorithm="none", headers={"kid": "PK1"})
    assert refused(unsigned) is TokenRefusal.MALFORMED


def test_claims_cannot_be_changed_below_a_signature() -> None:
    header, _, signature = write_token(GRANT, TokenSigningKey(key_id="PK1", secret=SECRET)).split(".")
    other = base64.urlsafe_b64encode(json.dumps({"sub": "b" * 32, "exp": 2_000_000_000}).encode()).rstrip(b"=").decode()
    assert refused(f"{header}.{other}.{signature}") is TokenRefusal.FORGED


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": VIDEO},
        {"exp": 2_000_000_000},
        {"sub": VIDEO, "exp": "2000000000"},
        {"sub": VIDEO, "exp": 2e9},
        {"sub": VIDEO, "exp": True},
        {"sub": VIDEO, "exp": 10**400},
        {"sub": VIDEO, "exp": 2_000_000_000, "net": "all"},
        {"sub": VIDEO, "exp": 2_000_000_000, "grace": 10**9},
        {"sub": VIDEO, "exp": 2_000_000_000, "only": ["original"]},
        {"sub": VIDEO, "exp": 2_000_000_000, "original": "yes"},
        {"sub": VIDEO, "exp": 2_000_000_000, "ref": ["a"]},
    ],
)
def test_claims_that_are_not_of_their_form_are_refused(claims: dict[str, object]) -> None:
    assert refused(signed(claims)) is TokenRefusal.MALFORMED


def test_unknown_claims_are_ignored() -> None:
    assert read_token(signed({"sub": VIDEO, "exp": 2_000_000_000, "viewer": 7, "aud": "x", "iat": 1}), KEY) == GRANT


@pytest.mark.parametrize("token", ["", "a", "a.b.c", "." * 500, "é.ü.ö", "e30.e30.", "x" * 5000])
def test_what_is_no_token_has_no_key(token: str) -> None:
    with pytest.raises(TokenRefused):
        key_id_of(token)


@pytest.mark.parametrize("key_id", [7, "", "x" * 65, None])
def test_a_key_is_named_by_a_short_text(key_id: object) -> None:
    header = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": key_id}).encode()).rstrip(b"=").decode()
    with pytest.raises(TokenRefused):
        key_id_of(f"{header}.e30.AAAA")


@given(st.text(max_size=300))
def test_no_text_is_an_error_of_another_kind(text: str) -> None:
    with pytest.raises(TokenRefused):
        read_token(text, KEY)


def test_a_token_is_for_one_video_and_a_while() -> None:
    assert judged(GRANT) is None
    assert judged(replace(GRANT, sub=VIDEO.upper())) is None
    assert judged(replace(GRANT, sub="b" * 32)) is TokenRefusal.OTHER_VIDEO
    assert judged(replace(GRANT, nbf=int(NOW_S) + 1)) is TokenRefusal.EARLY


def test_what_plays_goes_on_for_a_grace_and_begins_no_more() -> None:
    ended = replace(GRANT, exp=int(NOW_S) - 599)
    assert judged(ended) is None
    assert judged(replace(ended, exp=ended.exp - 1)) is TokenRefusal.EXPIRED
    for kind in set(FileKind) - {FileKind.MEDIA, FileKind.ORIGINAL}:
        assert judged(ended, kind) is TokenRefusal.EXPIRED
    assert judged(replace(ended, original=True), FileKind.ORIGINAL) is TokenRefusal.EXPIRED
    assert judged(replace(ended, grace=0)) is TokenRefusal.EXPIRED


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("203.0.113.9", None),
        ("::ffff:203.0.113.9", None),
        ("203.0.114.9", TokenRefusal.ADDRESS),
        ("", TokenRefusal.ADDRESS),
        ("2001:db8::1", TokenRefusal.ADDRESS),
    ],
)
def test_a_token_may_be_bound_to_addresses(address: str, expected: TokenRefusal | None) -> None:
    bound = replace(GRANT, net="203.0.113.0/24")
    assert judged(bound, visit=FileRequest(address=address, referrer="")) is expected


@pytest.mark.parametrize(
    ("referrer", "expected"),
    [
        ("https://www.example.test/lesson/1", None),
        ("https://WWW.example.test", None),
        ("", TokenRefusal.REFERRER),
        ("https://www.example.test.evil.test/", TokenRefusal.REFERRER),
        ("https://evil.test/?www.example.test", TokenRefusal.REFERRER),
        ("https://www.example.test@evil.test/", TokenRefusal.REFERRER),
        ("https://[", TokenRefusal.REFERRER),
    ],
)
def test_a_token_may_be_bound_to_a_page(referrer: str, expected: TokenRefusal | None) -> None:
    bound = replace(GRANT, ref="www.example.test")
    assert judged(bound, visit=FileRequest(address="198.51.100.7", referrer=referrer)) is expected


def test_the_original_and_other_kinds_are_had_only_by_tokens_that_say_so() -> None:
    assert judged(GRANT, FileKind.ORIGINAL) is TokenRefusal.FILE
    assert judged(replace(GRANT, original=True), FileKind.ORIGINAL) is None
    pictures = replace(GRANT, only=("pictures",))
    assert judged(pictures, FileKind.PICTURES) is None
    for kind in set(FileKind) - {FileKind.PICTURES}:
        assert judged(pictures, kind) is TokenRefusal.FILE


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (f"{VIDEO}.m3u8", FileKind.PLAYLIST),
        (f"{VIDEO}-r2.mpd", FileKind.PLAYLIST),
        (f"{VIDEO}/HD/00001.m4s", FileKind.MEDIA),
        (f"{VIDEO}/HD/init.mp4", FileKind.MEDIA),
        (f"{VIDEO}-FHD.mp4", FileKind.MEDIA),
        (f"{VIDEO}-poster.jpg", FileKind.PICTURES),
        (f"{VIDEO}-en.vtt", FileKind.CAPTIONS),
        ("lesson.mp4", FileKind.ORIGINAL),
        ("lesson.m3u8", FileKind.ORIGINAL),
        (f"{VIDEO}-source.mp4", FileKind.ORIGINAL),
        (f"{VIDEO}-source", FileKind.ORIGINAL),
    ],
)
def test_a_name_tells_what_a_file_is(name: str, kind: FileKind) -> None:
    assert kind_of(name, VIDEO) is kind
