"""Which addresses a partner's URL may lead to, in every form and spelling of an address."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, collapse_addresses, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.fetch.addresses import (
    FORBIDDEN_IPV4,
    FORBIDDEN_IPV6,
    GLOBAL_UNICAST,
    embedded_ipv4,
    forbidden_because,
    ipv4_in_any_spelling,
)


def within(network):
    return st.integers(int(network.network_address), int(network.broadcast_address)).map(type(network.network_address))


def between(networks):
    """First and last numbers of every gap between IPv4 networks."""
    merged = list(collapse_addresses(networks))
    firsts = [0, *(int(network.broadcast_address) + 1 for network in merged)]
    lasts = [*(int(network.network_address) - 1 for network in merged), 2**32 - 1]
    return [(first, last) for first, last in zip(firsts, lasts, strict=True) if first <= last]


forbidden_ipv4 = st.sampled_from([network for network, _ in FORBIDDEN_IPV4]).flatmap(within)
public_ipv4 = (
    st.sampled_from(between([network for network, _ in FORBIDDEN_IPV4]))
    .flatmap(lambda gap: st.integers(*gap))
    .map(IPv4Address)
)
any_64_bits = st.integers(0, 2**64 - 1)

WRAPPINGS = {
    "mapped": lambda inner, _: int(IPv6Address("::ffff:0:0")) | inner,
    "translated": lambda inner, _: int(IPv6Address("::ffff:0:0:0")) | inner,
    "compatible": lambda inner, _: inner,
    "NAT64": lambda inner, _: int(IPv6Address("64:ff9b::")) | inner,
    "local NAT64": lambda inner, rest: int(IPv6Address("64:ff9b:1::")) | (rest & (2**48 - 1)) << 32 | inner,
    "6to4": lambda inner, rest: 0x2002 << 112 | inner << 80 | rest,
    "Teredo client": lambda inner, rest: 0x20010000 << 96 | (rest << 32) & (2**96 - 1) | inner ^ 0xFFFFFFFF,
    "Teredo server": lambda inner, rest: 0x20010000 << 96 | inner << 64 | rest,
    "ISATAP": lambda inner, rest: int(GLOBAL_UNICAST.network_address) | (rest >> 8) << 64 | 0x5EFE << 32 | inner,
    "ISATAP, universal": lambda inner, rest: int(GLOBAL_UNICAST[0]) | (rest >> 8) << 64 | 0x02005EFE << 32 | inner,
}


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.1.1",
        "100.64.0.1",
        "100.127.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "100::1",
        "2001:db8::1",
        "3fff::1",
        "4000::1",
        "e000::1",
    ],
)
def test_a_special_address_is_forbidden(address):
    """Loopback, private, link-local, shared, multicast, reserved and documentation addresses."""
    assert forbidden_because(ip_address(address)) is not None


@pytest.mark.parametrize("address", ["169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16"])
def test_a_metadata_endpoint_is_forbidden_by_name(address):
    """The reason names the danger: a person must check that partner's feed."""
    assert "metadata" in (forbidden_because(ip_address(address)) or "")


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "8.8.8.8", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450:4001::200e"],
)
def test_a_public_address_is_allowed(address):
    """Where partners' servers are."""
    assert forbidden_because(ip_address(address)) is None


@given(within(IPv4Network("0.0.0.0/0")) | within(IPv6Network("::/0")) | within(GLOBAL_UNICAST))
def test_an_address_that_python_does_not_call_global_is_forbidden(address):
    """The tables forbid at least what the standard library does, in every version of Python."""
    if not address.is_global or address.is_multicast:
        assert forbidden_because(address) is not None


@pytest.mark.parametrize("form", WRAPPINGS)
@given(inner=forbidden_ipv4, rest=any_64_bits)
def test_a_forbidden_ipv4_address_is_forbidden_inside_ipv6(form, inner, rest):
    """No translation, tunnel or notation hides a forbidden IPv4 address."""
    assert forbidden_because(IPv6Address(WRAPPINGS[form](int(inner), rest))) is not None


@pytest.mark.parametrize("form", sorted(WRAPPINGS.keys() - {"local NAT64"}))
@given(inner=within(IPv4Network("0.0.0.0/0")), rest=any_64_bits)
def test_the_inner_ipv4_address_is_found_in_every_form(form, inner, rest):
    """The address that is judged is the one that was wrapped."""
    assert inner in [found for _, found in embedded_ipv4(IPv6Address(WRAPPINGS[form](int(inner), rest)))]


@pytest.mark.parametrize("form", ["mapped", "translated", "NAT64", "6to4"])
@given(inner=public_ipv4)
def test_a_public_ipv4_address_stays_allowed_inside_ipv6(form, inner):
    """A network that reaches IPv4 through NAT64 can still download."""
    assert forbidden_because(IPv6Address(WRAPPINGS[form](int(inner), 0))) is None


def test_the_reason_names_the_network_and_the_inner_address():
    """A person who reads the manifest understands where the URL leads."""
    assert forbidden_because(ip_address("10.1.2.3")) == "private (10.0.0.0/8)"
    assert forbidden_because(ip_address("64:ff9b::a01:203")) == "NAT64 for 10.1.2.3, private (10.0.0.0/8)"


@given(st.sampled_from([network for network, _ in FORBIDDEN_IPV4 + FORBIDDEN_IPV6]).flatmap(within))
def test_a_named_network_is_an_exception_and_nothing_else_is(address):
    """`allowed_networks` opens exactly what it names."""
    exact = type(IPv4Network("0.0.0.0/0") if address.version == 4 else IPv6Network("::/0"))(address)
    assert forbidden_because(address, [exact]) is None
    elsewhere = IPv4Network("1.1.1.1/32")
    assert forbidden_because(address, [elsewhere]) is not None


def test_an_exception_holds_for_the_wrapped_address_too():
    """An exception for 127.0.0.1 holds for all its spellings."""
    assert forbidden_because(ip_address("::ffff:127.0.0.1"), [IPv4Network("127.0.0.0/8")]) is None
    assert forbidden_because(ip_address("::ffff:10.0.0.1"), [IPv4Network("127.0.0.0/8")]) is not None


@given(within(IPv4Network("0.0.0.0/0")), st.data())
def test_an_ipv4_address_is_read_in_every_spelling(address, data):
    """Decimal, hexadecimal, octal, one to four parts, mixed: every spelling that `inet_aton` takes."""
    value = int(address)
    parts = data.draw(st.integers(1, 4))
    leading = [value >> 8 * (3 - place) & 0xFF for place in range(parts - 1)]
    numbers = [*leading, value & (1 << 8 * (5 - parts)) - 1]
    spellings = [data.draw(st.sampled_from([str, hex, lambda n: f"0{n:o}", lambda n: f"0X{n:X}"])) for _ in numbers]
    text = ".".join(spell(number) for spell, number in zip(spellings, numbers, strict=True))
    assert ipv4_in_any_spelling(text) == address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("017700000001", "127.0.0.1"),
        ("0x7f.0.1", "127.0.0.1"),
        ("169.254.43518", "169.254.169.254"),
        ("0", "0.0.0.0"),
        ("0x", "0.0.0.0"),
        ("1.2.3.4.", "1.2.3.4"),
    ],
)
def test_known_tricks_are_read(text, address):
    """The spellings seen in attacks."""
    assert ipv4_in_any_spelling(text) == IPv4Address(address)


@pytest.mark.parametrize(
    "text", ["256.1.1.1", "1.2.3.4.5", "1.2.3.256", "4294967296", "09.1.1.1", "a.1", "1..1", "0xg"]
)
def test_a_host_that_ends_in_a_number_but_is_no_address_is_an_error(text):
    """Resolvers disagree on what these mean, so they are refused."""
    with pytest.raises(ValueError):
        ipv4_in_any_spelling(text)


@pytest.mark.parametrize("text", ["example.com", "1.2.3.com", "a1", "1and1.example", "127.0.0.1.nip.io"])
def test_a_name_is_no_address(text):
    """Names go to DNS, and the answer is judged."""
    assert ipv4_in_any_spelling(text) is None
