"""Who made an image: EXIF, IPTC and XMP of each container are read, and hostile ones say nothing."""

import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from image_release.decode import read_credit
from image_release.values import Credit

ARTIST, COPYRIGHT = 0x013B, 0x8298
XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" {attributes}>
{inside}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""
CREATORS = "<dc:creator><rdf:Seq><rdf:li>Ann Lee</rdf:li><rdf:li>Bo</rdf:li></rdf:Seq></dc:creator>"
RIGHTS = (
    '<dc:rights><rdf:Alt><rdf:li xml:lang="es">© Playa</rdf:li><rdf:li xml:lang="x-default">© Beach &amp; Co</rdf:li>'
    "</rdf:Alt></dc:rights>"
)


def exif(artist: str | bytes = "Ann Lee", notice: str | bytes = "© Beach & Co") -> Image.Exif:
    made = Image.Exif()
    made[ARTIST], made[COPYRIGHT] = (
        text.encode() if isinstance(text, str) else text for text in (artist, notice)
    )  # Pillow writes a question mark for what is not ASCII
    return made


def xmp(inside: str = CREATORS + RIGHTS, attributes: str = "") -> bytes:
    return XMP.format(inside=inside, attributes=attributes).encode()


def saved(name: str, **how: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, name, **how)
    return file.getvalue()


def dataset(number: int, value: bytes) -> bytes:
    return b"\x1c\x02" + bytes([number]) + struct.pack(">H", len(value)) + value


def jpeg_with_iptc(*datasets: bytes) -> bytes:
    block = b"".join(datasets)
    other = b"8BIM\x03\xed\0\0" + struct.pack(">L", 3) + b"abc\0"
    resource = other + b"8BIM\x04\x04\0\0" + struct.pack(">L", len(block)) + block
    content = b"Photoshop 3.0\0" + resource
    plain = saved("JPEG")
    return plain[:2] + b"\xff\xed" + struct.pack(">H", len(content) + 2) + content + plain[2:]


def png_with_xmp(packet: bytes, *, packed: bool) -> bytes:
    text = zlib.compress(packet) if packed else packet
    content = b"XML:com.adobe.xmp\0" + bytes([packed, 0]) + b"\0\0" + text
    chunk = struct.pack(">L", len(content)) + b"iTXt" + content + struct.pack(">L", zlib.crc32(b"iTXt" + content))
    plain = saved("PNG")
    return plain[:33] + chunk + plain[33:]


FROM_EXIF = Credit("Ann Lee", "© Beach & Co")
FROM_XMP = Credit("Ann Lee; Bo", "© Beach & Co")
SAMPLES = {
    "jpeg exif": (saved("JPEG", exif=exif()), FROM_EXIF),
    "png exif": (saved("PNG", exif=exif()), FROM_EXIF),
    "webp exif": (saved("WEBP", exif=exif()), FROM_EXIF),
    "tiff": (saved("TIFF", exif=exif()), FROM_EXIF),
    "jpeg xmp": (saved("JPEG", xmp=xmp()), FROM_XMP),
    "webp xmp": (saved("WEBP", xmp=xmp()), FROM_XMP),
    "png xmp": (png_with_xmp(xmp(), packed=False), FROM_XMP),
    "png packed xmp": (png_with_xmp(xmp(), packed=True), FROM_XMP),
    "iptc": (
        jpeg_with_iptc(dataset(80, b"Ann"), dataset(80, b"Bo"), dataset(110, b"Agency"), dataset(116, "© Ü".encode())),
        Credit("Ann; Bo / Agency", "© Ü"),
    ),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_is_read_from_each_container(name):
    data, credit = SAMPLES[name]
    assert read_credit(data) == credit


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP"])
def test_is_none_where_the_file_says_nothing(name):
    assert read_credit(saved(name)) is None


@pytest.mark.parametrize(
    ("packet", "credit"),
    [
        (xmp("", 'photoshop:Credit="Agency"'), Credit("Agency")),
        (xmp("<photoshop:Credit>Agency</photoshop:Credit>"), Credit("Agency")),
        (xmp(CREATORS, 'photoshop:Credit="Agency"'), Credit("Ann Lee; Bo / Agency")),
        (xmp(CREATORS, 'photoshop:Credit="Ann Lee"'), Credit("Ann Lee; Bo")),
        (xmp("<dc:rights>plain</dc:rights>"), Credit(None, "plain")),
        (xmp(RIGHTS.replace("x-default", "fr")), Credit(None, "© Playa")),
        (xmp().decode().encode("utf-16"), FROM_XMP),
    ],
)
def test_xmp_is_read_as_programs_write_it(packet, credit):
    assert read_credit(saved("WEBP", xmp=packet)) == credit


def test_xmp_counts_before_iptc_and_iptc_before_exif():
    both = jpeg_with_iptc(dataset(80, b"From IPTC"))
    with_exif = saved("JPEG", exif=exif("From EXIF", "its notice"))
    assert read_credit(both[: both.index(b"\xff\xe0")] + with_exif[2:]) == Credit("From IPTC", "its notice")
    with_all = saved("JPEG", exif=exif("From EXIF", "its notice"), xmp=xmp(CREATORS))
    assert read_credit(both[: both.index(b"\xff\xe0")] + with_all[2:]) == Credit("Ann Lee; Bo", "its notice")


@pytest.mark.parametrize(
    ("artist", "said"),
    [
        ("Ann; Bo ;", "Ann; Bo"),
        (b"Zo\xeb", "Zoë"),
        ("Zoë".encode(), "Zoë"),
        (b"\x80\x81 5", "€ 5"),
        ("a\x1b[2J\r\nb\tc", "a [2J b c"),
        ("evil\u202etxt\u2066\u200f", "eviltxt"),
        ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
        ("x" * 5_000, "x" * 199 + "…"),
        ("ü" * 5_000, "ü" * 199 + "…"),
        (" ", None),
    ],
)
def test_texts_are_clean_and_short(artist, said):
    found = read_credit(saved("JPEG", exif=exif(artist, "n")))
    assert (found.credit, found.copyright) == (said, "n")


def test_the_editors_notice_counts_where_the_photographers_is_empty():
    assert read_credit(saved("JPEG", exif=exif("A", b" \0The Editor"))) == Credit("A", "The Editor")


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
DEEP = "<dc:creator>" + "<rdf:li>" * 100_000


@pytest.mark.parametrize(
    "packet",
    [
        BOMB.encode() + xmp("<dc:rights>&b;</dc:rights>"),
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd">' + xmp(),
        xmp("<dc:rights>&xxe;</dc:rights>"),
        DEEP.encode(),
        xmp(DEEP),
        xmp(RIGHTS)[:-40],
        b'<?xml version="1.0" encoding="no-such-encoding"?>' + xmp(),
        b"\0" * 100,
        xmp("<dc:rights>" + "x" * 1_000_001 + "</dc:rights>"),
    ],
    ids=["bomb", "system", "entity", "deep", "deep inside", "cut", "encoding", "zeros", "huge"],
)
def test_a_packet_that_no_honest_program_writes_says_nothing(packet):
    assert read_credit(saved("WEBP", xmp=packet)) is None


def test_a_packet_that_grows_when_it_is_unpacked_says_nothing():
    assert read_credit(png_with_xmp(xmp() + b" " * 50_000_000, packed=True)) is None


def test_very_many_names_are_cut():
    many = "<dc:creator><rdf:Seq>" + "<rdf:li>Someone</rdf:li><rdf:li>Else</rdf:li>" * 9_000 + "</rdf:Seq></dc:creator>"
    assert read_credit(saved("WEBP", xmp=xmp(many))) == Credit("Someone; Else")


@pytest.mark.parametrize("name", SAMPLES)
def test_a_file_that_breaks_off_anywhere_is_no_error(name):
    data, _ = SAMPLES[name]
    for end in range(0, len(data), 7):
        read_credit(data[:end])


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(SAMPLES)), st.data())
def test_damaged_bytes_are_no_error(name, data):
    damaged = bytearray(SAMPLES[name][0])
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    found = read_credit(bytes(damaged))
    assert found is None or all(len(text) <= 200 for text in (found.credit, found.copyright) if text)
