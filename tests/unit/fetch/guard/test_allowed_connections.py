"""URLs that are refused before anything is looked up or connected."""

from __future__ import annotations

import pytest
import yarl
from hypothesis import given
from hypothesis import strategies as st

from vodpull.errors import ConfigurationError, FetchError, UrlForbidden, UrlInvalid
from vodpull.fetch import AddressGuard

GUARD = AddressGuard(trusted_origins=(), allow_networks=())

FORBIDDEN = [
    "http://127.0.0.1",
    "http://localhost",
    "http://LOCALHOST.",
    "http://a.localhost/",
    "http://[::1]",
    "http://0.0.0.0",
    "http://[::]",
    "http://127.8.8.8",
    "http://2130706433",
    "http://0x7f000001",
    "http://0177.0.0.1",
    "http://127.1",
    "http://0",
    "http://127.0.0.1./",
    "http://①②⑦.⓪.⓪.①",
    "http://127。0。0。1",
    "http://\uff11\uff12\uff17.1/",
    "http://[::ffff:127.0.0.1]",
    "http://[::ffff:7f00:1]",
    "http://[::127.0.0.1]",
    "http://[::ffff:0:127.0.0.1]",
    "http://[64:ff9b::7f00:1]",
    "http://[64:ff9b:1::1]",
    "http://[2002:7f00:1::]",
    "http://[2001::1]",
    "http://10.0.0.1",
    "http://172.16.0.1",
    "http://192.168.0.1",
    "http://[fc00::1]",
    "http://[fe80::1%eth0]",
    "http://[fe80::1%25eth0]",
    "http://[fec0::1]",
    "http://100.64.0.1",
    "http://169.254.169.254/latest/meta-data/",
    "http://100.100.100.200",
    "http://192.0.0.192",
    "http://168.63.129.16",
    "http://[fd00:ec2::254]",
    "http://metadata.google.internal/computeMetadata/v1/",
    "http://224.0.0.1",
    "http://255.255.255.255",
    "http://203.0.113.9",
    "http://198.18.0.1",
    "http://[5f00::1]",
    "http://[3fff::1]",
    "HTTP://127.0.0.1",
    "https://127.0.0.1",
]

INVALID = [
    *(
        f"{scheme}://example.com/x"
        for scheme in ["file", "ftp", "gopher", "dict", "rtsp", "rtmp", "concat", "subfile", "ws", "tcp", "FiLe"]
    ),
    "data:text/plain,x",
    "file:///etc/passwd",
    "/etc/passwd",
    "example.com/x",
    "//example.com/x",
    "",
    "http://",
    "http:///x",
    "http:example.com",
    *(f"http://example.com/{character}x" for character in "\r\n\t\0\x7f\x85\u2028"),
    "http:// example.com/",
    "http://exam ple.com/",
    "http://example.com :80/",
    "http://exam\r\nple.com/",
    "http://user:pw@127.0.0.1#@example.com/",
    "http://example.com@127.0.0.1/",
    "http://user@example.com/",
    "http://:pw@example.com/",
    "http://:@example.com/",
    *(f"http://example.com:{port}/" for port in (22, 25, 2375, 6379, 11211, 0, 8080, 65536, 99999, -1, "x")),
    "http://example.com:80:80/",
    "http://[::1",
    "http://1.2.3.4.5/",
    "http://256.1.1.1/",
    "http://134744072/",  # 8.8.8.8, but not in its plain form
    "http://[2606:4700::1111%eth0]/",
    "http://%31%32%37.0.0.1/",
    "http://ex%00ample.com/",
    "http://a..b/",
    "http://exam\\ple.com/",
    "http://" + "a" * 64 + ".com/",
    "http://example.com/" + "a" * 8192,
    "http://\ud800/",
    "http://example.com/\ud800",
]


@pytest.mark.parametrize("url", FORBIDDEN)
def test_every_spelling_of_an_inner_address_is_refused(url: str) -> None:
    with pytest.raises(UrlForbidden):
        GUARD.check_url(url)


@pytest.mark.parametrize("url", INVALID)
def test_anything_but_a_plain_web_url_is_invalid(url: str) -> None:
    with pytest.raises(UrlInvalid) as caught:
        GUARD.check_url(url)
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "connected"),
    [
        ("HTTP://Example.COM:80/a", "http://example.com/a"),
        ("https://example.com", "https://example.com/"),
        (
            "https://example.com/a/../b%2Fc?X-Sig=a%2Fb%3D&e=1+2#part",
            "https://example.com/a/../b%2Fc?X-Sig=a%2Fb%3D&e=1+2",
        ),
        ("https://bücher.example/ü?ä=1", "https://xn--bcher-kva.example/%C3%BC?%C3%A4=1"),
        ("http://8.8.8.8:443/v.mp4", "http://8.8.8.8:443/v.mp4"),
        ("https://[2606:4700::1111]/v.mp4", "https://[2606:4700::1111]/v.mp4"),
        ("http://a_b.example.com./%zz%2F?y[]=1|%2F", "http://a_b.example.com./%25zz%2F?y[]=1%7C%2F"),
    ],
)
def test_a_public_url_is_kept_as_it_was_signed(url: str, connected: str) -> None:
    assert str(GUARD.check_url(url)) == connected


def test_a_trusted_origin_is_exact() -> None:
    guard = AddressGuard(trusted_origins=["http://127.0.0.1:9000", "http://localhost:9000"], allow_networks=())
    assert guard.check_url("http://127.0.0.1:9000/v.mp4").port == 9000
    assert guard.check_url("http://localhost:9000/v.mp4").host == "localhost"
    with pytest.raises(FetchError):
        guard.check_url("https://127.0.0.1:9000/v.mp4")
    with pytest.raises(FetchError):
        guard.check_url("http://127.0.0.1:9001/v.mp4")
    with pytest.raises(UrlForbidden):
        guard.check_url("http://127.0.0.1/v.mp4")


def test_a_lan_range_opens_that_range_and_nothing_below_it() -> None:
    guard = AddressGuard(trusted_origins=(), allow_networks=["192.168.0.0/16", "0.0.0.0/0", "::/0"])
    assert guard.check_url("http://192.168.3.4/v.mp4").host == "192.168.3.4"
    for host in ("127.0.0.1", "169.254.169.254", "100.100.100.200", "[::1]", "[fe80::1]", "[::ffff:127.0.0.1]"):
        with pytest.raises(UrlForbidden):
            guard.check_url(f"http://{host}/")


@pytest.mark.parametrize(
    "origin",
    [
        "http://h:9000/",
        "http://h/x",
        "http://u@h",
        "http://h?q",
        "ftp://h",
        "h:9000",
        "http://*.example.com",
        "http://10.0.0.0/8",
        "http://169.254.169.254",
        "http://0x7f.1:80",
        "http://h:0",
        "http://",
        "*",
        "http://[::1",
    ],
)
def test_a_malformed_or_hopeless_trusted_origin_is_a_configuration_error(origin: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        AddressGuard(trusted_origins=[origin], allow_networks=())
    assert caught.value.field == "VODPULL_TRUSTED_ORIGINS"


@pytest.mark.parametrize("network", ["192.168.0.1/16", "lan", "", "10.0.0.0/33"])
def test_a_malformed_network_is_a_configuration_error(network: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        AddressGuard(trusted_origins=(), allow_networks=[network])
    assert caught.value.field == "VODPULL_ALLOW_NETWORKS"


@pytest.mark.parametrize(
    "reference",
    [
        "file:///etc/passwd",
        "ftp://h/x",
        "data:,x",
        "a\nb",
        "a" * 8193,
        "http://[::1",
        "\ud800",
        "http://127.0.0.1/",
        "//10.0.0.1/x",
        "http://u@h/",
    ],
)
def test_a_reference_is_checked_like_a_first_url(reference: str) -> None:
    with pytest.raises((UrlInvalid, UrlForbidden)):
        GUARD.join(yarl.URL("https://example.com/a/b.m3u8"), reference)


@pytest.mark.parametrize(
    ("reference", "joined"),
    [
        ("c.ts?s=%2F", "/a/c.ts?s=%2F"),
        ("../c.ts", "/c.ts"),
        ("/c", "/c"),
        ("?q=1", "/a/b.m3u8?q=1"),
        ("视.ts", "/a/%E8%A7%86.ts"),
    ],
)
def test_a_relative_reference_stays_on_the_origin(reference: str, joined: str) -> None:
    assert GUARD.join(yarl.URL("https://example.com/a/b.m3u8"), reference).raw_path_qs == joined


@given(st.text(max_size=60), st.sampled_from(["", "http://", "https://[", "http://a@", "http://1", "http://a:"]))
def test_no_text_breaks_the_check(text: str, before: str) -> None:
    try:
        url = GUARD.check_url(before + text)
    except (UrlInvalid, UrlForbidden):
        return
    assert GUARD.check_url(str(url)) == url


@pytest.mark.parametrize(
    ("url", "connected"),
    [
        (" https://example.com/a b.mp4?c=d e ", "https://example.com/a%20b.mp4?c=d%20e"),
        ("https://example.com/Grüße/\u3000.mp4", "https://example.com/Gr%C3%BC%C3%9Fe/%E3%80%80.mp4"),
        ("https://example.com/" + "a" * 8172, "https://example.com/" + "a" * 8172),
    ],
)
def test_a_url_is_read_as_browsers_read_it(url: str, connected: str) -> None:
    assert str(GUARD.check_url(url)) == connected


@pytest.mark.parametrize(
    ("reference", "joined"),
    [
        ("my holiday0.ts", "https://example.com/v1/low/my%20holiday0.ts"),
        (" seg.ts\t", "https://example.com/v1/low/seg.ts"),
        ("Grüße0.ts", "https://example.com/v1/low/Gr%C3%BC%C3%9Fe0.ts"),
        ("100%.ts", "https://example.com/v1/low/100%25.ts"),
        ("..\\audio\\a.ts?q=\\", "https://example.com/v1/audio/a.ts?q=%5C"),
        ("\\\\cdn.example.com\\a.ts", "https://cdn.example.com/a.ts"),
        ("../../../a.ts", "https://example.com/a.ts"),
        ("?part=2", "https://example.com/v1/low/v.m3u8?part=2"),
        ("//cdn.example.com/a b.ts", "https://cdn.example.com/a%20b.ts"),
        ("https://bücher.example/ä.ts", "https://xn--bcher-kva.example/%C3%A4.ts"),
    ],
)
def test_a_reference_is_read_as_browsers_read_it(reference: str, joined: str) -> None:
    assert str(GUARD.join(yarl.URL("https://example.com/v1/low/v.m3u8"), reference)) == joined


@pytest.mark.parametrize("reference", ["\\\\127.0.0.1\\a", "http:\\\\10.0.0.1\\a", "/\\169.254.169.254/latest"])
def test_a_backslash_leads_nowhere_that_a_slash_does_not(reference: str) -> None:
    with pytest.raises((UrlInvalid, UrlForbidden)):
        GUARD.join(yarl.URL("https://example.com/"), reference)
