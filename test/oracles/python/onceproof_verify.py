"""An independent verifier of the onceproof formats, written from docs/formats.md alone.

Nothing here was copied from, or checked against, the TypeScript of this project: the section signs (§) name the
paragraph of docs/formats.md that a function obeys. Needs Python 3.10 or newer and the package `cryptography`.

    python3 onceproof_verify.py --vectors DIR
    python3 onceproof_verify.py --file F --trust T --snapshot S [--at INSTANT] [--digest HEX]
"""

import argparse
import base64
import calendar
import datetime
import decimal
import hashlib
import json
import pathlib
import re
import sys
import time

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils

SAFE = 2**53 - 1


class Refused(Exception):
    """A reader met a broken requirement."""

    def __init__(self, code, detail=""):
        super().__init__(f"{code} {detail}".strip())
        self.code = code


def matches(pattern, value):
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None


def is_integer(value, lowest=0, highest=SAFE):
    return isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest


def is_text(value, shortest, longest):
    """§1: a length counts UTF-16 code units, which Python's own length does not."""
    return isinstance(value, str) and shortest <= len(value.encode("utf-16-le", "surrogatepass")) // 2 <= longest


def has_exactly(value, members, optional=()):
    return isinstance(value, dict) and set(members) <= set(value) <= set(members) | set(optional)


# --------------------------------------------------------------------------------------------------------------------
# §1 Encodings


def base64_text(data):
    return base64.b64encode(data).decode()


def base64url_text(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def base64url(text, length=None):
    """The bytes of canonical base64url, or None. §1"""
    if not matches(r"[A-Za-z0-9_-]*", text) or len(text) % 4 == 1:
        return None
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64url_text(data) != text or length not in (None, len(data)):
        return None
    return data


def base64_bytes(text, length=None):
    """The bytes of canonical base64, or None. §1"""
    if not matches(r"[A-Za-z0-9+/]*={0,2}", text) or len(text) % 4 != 0:
        return None
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    if base64_text(data) != text or length not in (None, len(data)):
        return None
    return data


def hex_bytes(text, length=None):
    """The bytes of lower-case hex with 0x, or None. §1"""
    if not matches(r"0x(?:[0-9a-f]{2})*", text):
        return None
    data = bytes.fromhex(text[2:])
    return data if length in (None, len(data)) else None


def seconds_of(text):
    """The seconds of an instant, or None. §1"""
    if not matches(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", text):
        return None
    numbers = [int(part) for part in re.findall(r"[0-9]+", text)]
    if numbers[0] < 1900:
        return None
    try:
        return calendar.timegm(datetime.datetime(*numbers).timetuple())
    except ValueError:
        return None


def decimal_number(text, highest=SAFE):
    """A decimal without leading zeros, or None. §4, §7, §8, §9"""
    if not matches(r"0|[1-9][0-9]{0,19}", text):
        return None
    number = int(text)
    return number if number <= highest else None


# --------------------------------------------------------------------------------------------------------------------
# §2 JSON

JSON_LIMIT = 65_536
HEADER_LIMIT = 1_024
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
SPACE = re.compile(r"[ \t\n\r]*")
ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def number_text(number):
    """What ECMAScript's Number::toString prints. §2"""
    if number == 0:
        return "0"
    sign = "-" if number < 0 else ""
    _, digits, exponent = decimal.Decimal(repr(abs(number))).as_tuple()
    text = "".join(map(str, digits))
    point = len(text) + exponent
    text = text.rstrip("0")
    count = len(text)
    if count <= point <= 21:
        return sign + text + "0" * (point - count)
    if 0 < point <= 21:
        return sign + text[:point] + "." + text[point:]
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + text
    mantissa = text if count == 1 else text[0] + "." + text[1:]
    return f"{sign}{mantissa}e{'+' if point > 0 else '-'}{abs(point - 1)}"


class JsonReader:
    """Python's own reader takes duplicate members, NaN, lone surrogates and 1.0, so this one is written out. §2"""

    def __init__(self, text):
        self.text = text
        self.at = 0

    def whole(self):
        value = self.value(0)
        self.space()
        if self.at != len(self.text):
            raise Refused("JSON_SYNTAX", "something follows the value")
        return value

    def peek(self):
        return self.text[self.at : self.at + 1]

    def space(self):
        self.at = SPACE.match(self.text, self.at).end()

    def take(self, expected):
        if self.peek() != expected:
            raise Refused("JSON_SYNTAX", f"no {expected} at {self.at}")
        self.at += 1

    def value(self, depth):
        self.space()
        first = self.peek()
        if first and first in "{[":
            if depth == 32:
                raise Refused("JSON_TOO_DEEP")
            return self.object(depth + 1) if first == "{" else self.array(depth + 1)
        if first == '"':
            return self.string()
        for word, value in (("true", True), ("false", False), ("null", None)):
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return value
        return self.number()

    def object(self, depth):
        members = {}
        self.take("{")
        self.space()
        if self.peek() == "}":
            self.at += 1
            return members
        while True:
            self.space()
            name = self.string()
            if name in members:
                raise Refused("JSON_DUPLICATE_KEY", name)
            self.space()
            self.take(":")
            members[name] = self.value(depth)
            self.space()
            if self.peek() == "}":
                self.at += 1
                return members
            self.take(",")

    def array(self, depth):
        elements = []
        self.take("[")
        self.space()
        if self.peek() == "]":
            self.at += 1
            return elements
        while True:
            elements.append(self.value(depth))
            self.space()
            if self.peek() == "]":
                self.at += 1
                return elements
            self.take(",")

    def string(self):
        self.take('"')
        parts = []
        while True:
            character = self.peek()
            if character == "" or character < " ":
                raise Refused("JSON_SYNTAX", "a text that does not end, or a control character in it")
            self.at += 1
            if character == '"':
                return "".join(parts)
            parts.append(self.escape() if character == "\\" else character)

    def escape(self):
        kind = self.peek()
        self.at += 1
        if kind in ESCAPES:
            return ESCAPES[kind]
        if kind != "u":
            raise Refused("JSON_SYNTAX", "unknown escape")
        unit = self.four_digits()
        if 0xDC00 <= unit <= 0xDFFF:
            raise Refused("JSON_LONE_SURROGATE")
        if not 0xD800 <= unit <= 0xDBFF:
            return chr(unit)
        if not self.text.startswith("\\u", self.at):
            raise Refused("JSON_LONE_SURROGATE")
        self.at += 2
        low = self.four_digits()
        if not 0xDC00 <= low <= 0xDFFF:
            raise Refused("JSON_LONE_SURROGATE")
        return chr(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00))

    def four_digits(self):
        digits = self.text[self.at : self.at + 4]
        if not matches(r"[0-9A-Fa-f]{4}", digits):
            raise Refused("JSON_SYNTAX", "\\u without four digits")
        self.at += 4
        return int(digits, 16)

    def number(self):
        found = NUMBER.match(self.text, self.at)
        if not found:
            raise Refused("JSON_SYNTAX", f"no value at {self.at}")
        self.at = found.end()
        text = found.group()
        if found.group(1) is None and found.group(2) is None:
            if text == "-0" or len(text) > 17 or abs(int(text)) > SAFE:
                raise Refused("JSON_NUMBER", text[:40])
            return int(text)
        number = float(text)
        if number in (float("inf"), float("-inf")) or number_text(number) != text or abs(number) > SAFE:
            raise Refused("JSON_NUMBER", text[:40])
        return number


def read_json(data, limit=JSON_LIMIT):
    """§2"""
    if len(data) > limit:
        raise Refused("JSON_TOO_LARGE")
    if data.startswith(b"\xef\xbb\xbf"):
        raise Refused("JSON_NOT_UTF8", "byte order mark")
    try:
        text = data.decode("utf-8", "strict")
    except UnicodeDecodeError:
        raise Refused("JSON_NOT_UTF8") from None
    return JsonReader(text).whole()


def write_json(value):
    """What JSON.stringify prints. §2"""
    if isinstance(value, dict):
        return "{" + ",".join(write_json(name) + ":" + write_json(member) for name, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(write_json, value)) + "]"
    if isinstance(value, float):
        return number_text(value)
    return json.dumps(value, ensure_ascii=False)


# --------------------------------------------------------------------------------------------------------------------
# Hashes


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def keccak256(data, suffix=b"\x01"):
    """Keccak with the padding of Ethereum (0x01), which FIPS 202 (0x06) and so hashlib do not have."""
    rate, mask = 136, 2**64 - 1

    def rotate(lane, by):
        by %= 64
        return ((lane << by) | (lane >> (64 - by))) & mask if by else lane

    def permute(lanes):
        register = 1
        for _ in range(24):
            columns = [lanes[x][0] ^ lanes[x][1] ^ lanes[x][2] ^ lanes[x][3] ^ lanes[x][4] for x in range(5)]
            for x in range(5):
                change = columns[(x + 4) % 5] ^ rotate(columns[(x + 1) % 5], 1)
                for y in range(5):
                    lanes[x][y] ^= change
            x, y, current = 1, 0, lanes[1][0]
            for step in range(24):
                x, y = y, (2 * x + 3 * y) % 5
                current, lanes[x][y] = lanes[x][y], rotate(current, (step + 1) * (step + 2) // 2)
            for y in range(5):
                row = [lanes[x][y] for x in range(5)]
                for x in range(5):
                    lanes[x][y] = row[x] ^ (~row[(x + 1) % 5] & mask & row[(x + 2) % 5])
            for power in range(7):
                register = (register << 1) ^ ((register >> 7) * 0x171)
                if register & 2:
                    lanes[0][0] ^= 1 << ((1 << power) - 1)

    padded = bytearray(data + suffix + b"\x00" * (-(len(data) + 1) % rate))
    padded[-1] |= 0x80
    lanes = [[0] * 5 for _ in range(5)]
    for start in range(0, len(padded), rate):
        for index in range(rate // 8):
            lane = int.from_bytes(padded[start + 8 * index : start + 8 * index + 8], "little")
            lanes[index % 5][index // 5] ^= lane
        permute(lanes)
    return b"".join(lanes[index % 5][index // 5].to_bytes(8, "little") for index in range(4))


# --------------------------------------------------------------------------------------------------------------------
# Signatures

ED25519_P = 2**255 - 19
ED25519_L = 2**252 + 27742317777372353535851937790883648493
ED25519_D = -121665 * pow(121666, -1, ED25519_P) % ED25519_P


def is_canonical_point(encoded):
    """§3: y below p, and no sign bit where x is 0 (y = ±1)."""
    y = int.from_bytes(encoded, "little") & (2**255 - 1)
    sign = encoded[31] >> 7
    return y < ED25519_P and not (sign and y in (1, ED25519_P - 1))


def is_small_order(encoded):
    """§3: the points of order 1, 2 and 4 have y = 1, -1 and 0; those of order 8 double to y = 0, hence x² = -y²."""
    y = int.from_bytes(encoded, "little") & (2**255 - 1)
    square = y * y % ED25519_P
    return y in (0, 1, ED25519_P - 1) or (ED25519_D * square * square + 2 * square - 1) % ED25519_P == 0


def eddsa_holds(public_key, message, signature):
    """§3. The library compares the encoded R, hence without cofactor; what it may let pass is refused before."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    for point in (public_key, signature[:32]):
        if not is_canonical_point(point) or is_small_order(point):
            return False
    if int.from_bytes(signature[32:], "little") >= ED25519_L:
        return False
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def es256_holds(public_key, message, signature):
    """§3. The twin (r, n − s) holds too."""
    if len(public_key) != 64 or len(signature) != 64:
        return False
    x, y, r, s = (int.from_bytes(part, "big") for part in
                  (public_key[:32], public_key[32:], signature[:32], signature[32:]))
    if r == 0 or s == 0:
        return False
    try:
        key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        key.verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def thumbprint(public_key):
    """RFC 7638 with SHA-256, of the key that its length says; None for any other length. §13.3"""
    if len(public_key) == 64:
        x, y = base64url_text(public_key[:32]), base64url_text(public_key[32:])
        text = f'{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'
    elif len(public_key) == 32:
        text = f'{{"crv":"Ed25519","kty":"OKP","x":"{base64url_text(public_key)}"}}'
    else:
        return None
    return sha256(text.encode())


# --------------------------------------------------------------------------------------------------------------------
# §15 Identifiers

ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CROCKFORD = "0-9A-HJKMNP-TV-Z"
ULID = rf"[0-7][{CROCKFORD}]{{25}}"
REGION = r"[0-9]{6}"
TYPE_CODE = r"[0-9A-Z]{18}[0-9]{3}"


def weighted(text, alphabet, weights):
    return sum(alphabet.index(character) * weight for character, weight in zip(text, weights))


def is_organisation_code(text):
    """§15, GB 11714."""
    if not matches(r"[0-9A-Z]{8}[0-9X]", text):
        return False
    check = 11 - weighted(text, ALPHANUMERIC, (3, 7, 9, 10, 5, 8, 4, 2)) % 11
    return text[8] == {10: "X", 11: "0"}.get(check, str(check))


def is_uscc(text):
    """§15, GB 32100-2015."""
    if not matches(rf"[{USCC_ALPHABET}]{{18}}", text):
        return False
    weights = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
    check = (31 - weighted(text, USCC_ALPHABET, weights) % 31) % 31
    return text[17] == USCC_ALPHABET[check] and is_organisation_code(text[8:17])


def is_citizen_number(text):
    """§15, GB 11643-1999."""
    if not matches(r"[1-9][0-9]{16}[0-9X]", text) or int(text[6:10]) < 1800:
        return False
    try:
        datetime.date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return text[17] == "10X98765432"[weighted(text, ALPHANUMERIC, weights) % 11]


def read_short_code(text):
    """The code as issued, or None. §15"""
    code = text.replace("-", "").replace(" ", "").upper().translate(str.maketrans("ILO", "110"))
    return code if text.isascii() and matches(rf"[{CROCKFORD}]{{8}}", code) else None


def check_character(text):
    """ISO/IEC 7064 MOD 37,36. §15"""
    p = 36
    for character in text:
        p = (p + ALPHANUMERIC.index(character)) % 36 or 36
        p = 2 * p % 37
    return ALPHANUMERIC[(37 - p) % 36]


class CertificateIdentifier:
    """§15, GB/T 36904-2018."""

    def __init__(self, text):
        found = re.fullmatch(
            rf"1\.2\.156\.3005\.2\.({TYPE_CODE})\.([0-9A-Z]{{6,18}})\.([0-9A-Z]{{7,32}})\.([0-9]{{3}})\.([0-9A-Z])", text)
        if not found:
            raise Refused("IDENTIFIER")
        self.type, self.issuer, self.serial, self.version, check = found.groups()
        if self.version == "000" or check_character(self.type + self.issuer + self.serial + self.version) != check:
            raise Refused("IDENTIFIER")
        self.warnings = []
        if not is_uscc(self.issuer):
            self.warnings.append("ISSUER_NOT_USCC")
        if not is_uscc(self.type[:18]):
            self.warnings.append("TYPE_NOT_USCC")


# --------------------------------------------------------------------------------------------------------------------
# §3 Statement

STATEMENT_LIMIT = 131_072
KINDS = {
    "vc+sd-jwt": "certificate",
    "onceproof-record+jwt": "record",
    "onceproof-status+jwt": "status",
    "onceproof-use+jwt": "use",
    "onceproof-catalogue+jwt": "catalogue",
    "onceproof-holder-key+jwt": "holder-key",
    "onceproof-endorsement+jwt": "endorsement",
    "onceproof-withholding+jwt": "withholding",
}
DID = r"did:[a-z0-9]+:[A-Za-z0-9.:%_-]{1,200}"
MEDIA_TYPE = r"[A-Za-z0-9_.+-]{1,100}/[A-Za-z0-9_.+-]{1,100}"
FIELD_NAME = r"[A-Za-z][A-Za-z0-9]{0,63}"


class Statement:
    """A statement that has been read; its signature is not judged here. §3"""

    def __init__(self, text):
        if len(text.encode("utf-8", "surrogatepass")) > STATEMENT_LIMIT:
            raise Refused("STATEMENT_TOO_LARGE")
        parts = text.split(".")
        if len(parts) != 3 or "" in parts:
            raise Refused("STATEMENT_SHAPE", "not three parts")
        decoded = [base64url(part) for part in parts]
        if None in decoded:
            raise Refused("STATEMENT_BASE64")
        header, payload, self.signature = decoded
        if len(self.signature) != 64:
            raise Refused("STATEMENT_SHAPE", "signature")
        self.text = text
        self.signed = text.rpartition(".")[0].encode()
        self.read_header(read_json(header, HEADER_LIMIT))
        self.payload = read_json(payload)
        if not isinstance(self.payload, dict):
            raise Refused("STATEMENT_CLAIM", "not an object")
        if self.kind == "certificate":
            self.certificate = CertificatePayload(self.payload, self.did)
        else:
            check_claims(self.kind, self.payload, self.did)

    def read_header(self, header):
        if not isinstance(header, dict):
            raise Refused("STATEMENT_HEADER", "not an object")
        if "crit" in header:
            raise Refused("STATEMENT_CRIT")
        if not set(header) <= {"alg", "typ", "kid"}:
            raise Refused("STATEMENT_HEADER", "another member")
        self.alg, typ, kid = header.get("alg"), header.get("typ"), header.get("kid")
        if self.alg not in ("ES256", "EdDSA"):
            raise Refused("STATEMENT_ALG")
        if not isinstance(typ, str) or typ not in KINDS:
            raise Refused("STATEMENT_TYP")
        if not isinstance(kid, str) or kid.count("#") != 1:
            raise Refused("STATEMENT_KID")
        self.kind = KINDS[typ]
        self.did, print_text = kid.split("#")
        self.key_id = base64url(print_text, 32)
        if not matches(DID, self.did) or self.key_id is None:
            raise Refused("STATEMENT_KID")

    def leaf(self):
        return leaf_hash(self.text.encode())

    def signature_holds(self, public_key):
        holds = es256_holds if self.alg == "ES256" else eddsa_holds
        return holds(public_key, self.signed, self.signature)


def is_leaf_text(value):
    return base64url(value, 32) is not None


def is_set_of(value, accepts, fewest, most):
    return (isinstance(value, list) and fewest <= len(value) <= most and all(map(accepts, value))
            and len(set(value)) == len(value))


def check_claims(kind, payload, did):
    """§3: the common claims and those of the kind."""
    common = {"iss", "iat", "jti", "region", "salt"}
    optional = {
        "status": {"effective"},
        "use": {"case", "grant", "basis", "refused"},
        "withholding": {"certificate", "department"},
    }.get(kind, set())
    own = {
        "record": {"record": is_record},
        "status": {
            "certificate": is_leaf_text,
            "action": lambda value: value in ("revoke", "suspend", "resume", "supersede"),
            "reason": lambda value: matches(r"[A-Z_]{2,40}", value),
            "effective": lambda value: seconds_of(value) is not None,
        },
        "use": {
            "certificate": is_leaf_text,
            "department": lambda value: is_text(value, 1, 100),
            "officer": lambda value: is_text(value, 1, 100),
            "matter": lambda value: is_text(value, 1, 100),
            "ground": lambda value: value in ("duty", "consent", "presentation"),
            "fields": lambda value: is_set_of(value, lambda name: is_text(name, 1, 100), 1, 500),
            "case": lambda value: matches(ULID, value),
            "grant": lambda value: hex_bytes(value, 32) is not None,
            "basis": lambda value: is_text(value, 1, 200),
            "refused": lambda value: matches(r"[A-Z_]{2,40}", value),
        },
        "catalogue": {"catalogue": is_catalogue},
        "holder-key": {
            "holder": lambda value: base64url(value, 32) is not None,
            "signer": lambda value: 20 <= len(hex_bytes(value) or b"") <= 400,
            "epoch": is_integer,
        },
        "endorsement": {"endorses": lambda value: is_set_of(value, is_leaf_text, 1, 1000)},
        "withholding": {
            "action": lambda value: value in ("withhold", "release"),
            "reason": lambda value: matches(r"[A-Z_]{2,40}", value),
            "orderedBy": lambda value: is_set_of(value, lambda name: is_text(name, 1, 100), 2, 2),
            "certificate": is_leaf_text,
            "department": lambda value: is_text(value, 1, 100),
        },
    }[kind]
    if kind == "status" and payload.get("action") == "supersede":
        own["successor"] = is_leaf_text
    if kind == "status" and payload.get("action") == "resume":
        own["lifts"] = lambda value: hex_bytes(value, 32) is not None
    if kind == "withholding" and ("certificate" in payload) == ("department" in payload):
        raise Refused("STATEMENT_CLAIM", "either a certificate or a department is withheld")
    if not has_exactly(payload, common | set(own) - optional, optional):
        raise Refused("STATEMENT_CLAIM", "a claim is missing or unknown")
    own |= {
        "iss": lambda value: value == did,
        "iat": is_integer,
        "jti": lambda value: matches(rf"urn:onceproof:{kind}:{ULID}", value),
        "region": lambda value: matches(REGION, value),
        "salt": lambda value: base64url(value, 16) is not None,
    }
    for name, accepts in own.items():
        if name in payload and not accepts(payload[name]):
            raise Refused("STATEMENT_CLAIM", name)


def is_record(value):
    return (has_exactly(value, {"digest"}, {"size", "mediaType", "name"})
            and base64url(value["digest"], 32) is not None
            and is_integer(value.get("size", 0))
            and matches(MEDIA_TYPE, value.get("mediaType", "a/b"))
            and is_text(value.get("name", "a"), 1, 255))


def is_catalogue(value):
    return (has_exactly(value, {"type", "version", "digest"}) and is_text(value["type"], 1, 100)
            and is_integer(value["version"], 1) and base64url(value["digest"], 32) is not None)


# --------------------------------------------------------------------------------------------------------------------
# §4 Certificate

CERTIFICATE_LIMIT = 1_048_576
CONTEXT = ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/undefined-terms/v2"]
ID_PREFIX = "urn:onceproof:certificate:"
STATUS_PREFIX = r"https?://[\x21\x23-\x5b\x5d-\x7e]{1,300}"


def is_integrity_text(value):
    return isinstance(value, str) and value.startswith("sha256-") and base64_bytes(value[7:], 32) is not None


def contains_hiding(value):
    """Whether a member anywhere inside is one that SD-JWT gives a meaning. §4"""
    if isinstance(value, dict):
        return "_sd" in value or "..." in value or any(map(contains_hiding, value.values()))
    return isinstance(value, list) and any(map(contains_hiding, value))


class CertificatePayload:
    """§4"""

    def __init__(self, payload, did):
        self.payload = payload
        required = {"@context", "id", "type", "issuer", "validFrom", "credentialStatus", "credentialSchema",
                    "credentialSubject", "_sd_alg", "_sd"}
        for name in sorted(required - set(payload)) + sorted(set(payload) - required - {"validUntil", "associated"}):
            raise Refused("CERTIFICATE_CLAIM", name)
        self.need(payload["@context"] == CONTEXT, "@context")
        self.identifier = self.read_id()
        self.read_type()
        self.need(payload["issuer"] == did, "issuer")
        self.valid_from = seconds_of(payload["validFrom"])
        self.need(self.valid_from is not None, "validFrom")
        self.valid_until = None
        if "validUntil" in payload:
            self.valid_until = seconds_of(payload["validUntil"])
            self.need(self.valid_until is not None and self.valid_until >= self.valid_from, "validUntil")
        self.read_associated()
        self.read_status()
        self.read_schema()
        self.need(payload["_sd_alg"] == "sha-256", "_sd_alg")
        self.need(has_exactly(payload["credentialSubject"], {"_sd"}), "credentialSubject")
        self.subject_digests = self.read_digests(payload["credentialSubject"]["_sd"], "credentialSubject")
        self.top_digests = self.read_digests(payload["_sd"], "_sd")
        self.need(len(self.top_digests) == 1, "_sd")
        self.need(not set(self.top_digests) & set(self.subject_digests), "_sd")

    @staticmethod
    def need(holds, member):
        if not holds:
            raise Refused("CERTIFICATE_CLAIM", member)

    def read_id(self):
        text = self.payload["id"]
        self.need(isinstance(text, str) and text.startswith(ID_PREFIX), "id")
        try:
            identifier = CertificateIdentifier(text[len(ID_PREFIX):])
        except Refused:
            raise Refused("CERTIFICATE_CLAIM", "id") from None
        self.need("ISSUER_NOT_USCC" not in identifier.warnings, "id")
        return identifier

    def read_type(self):
        value = self.payload["type"]
        self.need(isinstance(value, list) and len(value) == 2 and value[0] == "VerifiableCredential"
                  and matches(rf"urn:onceproof:type:{REGION}:{TYPE_CODE}", value[1]), "type")
        self.region, self.type = value[1].split(":")[3:]
        self.need(self.type == self.identifier.type, "type")

    def read_associated(self):
        if self.identifier.version == "001":
            self.need("associated" not in self.payload, "associated")
            return
        self.need(matches(rf"{re.escape(ID_PREFIX)}[0-9A-Z.]+", self.payload.get("associated")), "associated")
        try:
            before = CertificateIdentifier(self.payload["associated"][len(ID_PREFIX):])
        except Refused:
            raise Refused("CERTIFICATE_CLAIM", "associated") from None
        now = self.identifier
        self.need((before.type, before.issuer, before.serial, int(before.version) + 1)
                  == (now.type, now.issuer, now.serial, int(now.version)), "associated")

    def read_status(self):
        entries = self.payload["credentialStatus"]
        self.need(isinstance(entries, list) and len(entries) == 3, "credentialStatus")
        places = set()
        for entry, purpose in zip(entries, ("revocation", "suspension", "refresh")):
            self.need(has_exactly(entry, {"type", "statusPurpose", "statusListIndex", "statusListCredential"})
                      and entry["type"] == "BitstringStatusListEntry" and entry["statusPurpose"] == purpose,
                      "credentialStatus")
            index = decimal_number(entry["statusListIndex"], 131_071)
            url = entry["statusListCredential"]
            self.need(index is not None and isinstance(url, str), "credentialStatus")
            found = re.fullmatch(rf"({STATUS_PREFIX})/status-lists/([^/]*)/([^/]*)/([^/]*)", url)
            self.need(found is not None, "credentialStatus")
            prefix, uscc, number, last = found.groups()
            list_number = decimal_number(number, 10**10 - 1)
            self.need(uscc == self.identifier.issuer and list_number is not None and last == purpose, "credentialStatus")
            places.add((index, prefix, list_number))
        self.need(len(places) == 1, "credentialStatus")
        self.status_index, _, list_number = places.pop()
        self.status_list = status_list_id(self.identifier.issuer, list_number)

    def read_schema(self):
        schema = self.payload["credentialSchema"]
        self.need(has_exactly(schema, {"id", "type", "digestSRI"})
                  and matches(rf"urn:onceproof:schema:{self.region}:[A-Z0-9]{{2,12}}:[1-9][0-9]{{0,5}}", schema["id"])
                  and schema["type"] == "JsonSchema" and is_integrity_text(schema["digestSRI"]), "credentialSchema")

    def read_digests(self, value, member):
        self.need(isinstance(value, list) and all(base64url(digest, 32) is not None for digest in value), member)
        self.need(value == sorted(set(value)), member)
        return value


def status_list_id(uscc, number):
    """keccak256(abi.encode(keccak256(USCC), uint64 n)). §4"""
    return keccak256(keccak256(uscc.encode()) + number.to_bytes(32, "big"))


class Certificate:
    """The certificate as handed out. §4, §5"""

    def __init__(self, text):
        if len(text.encode("utf-8", "surrogatepass")) > CERTIFICATE_LIMIT:
            raise Refused("CERTIFICATE_TOO_LARGE")
        if not text.endswith("~"):
            raise Refused("CERTIFICATE_SHAPE", "no ~ at the end")
        statement, *disclosures = text[:-1].split("~")
        if "" in disclosures:
            raise Refused("CERTIFICATE_SHAPE", "empty disclosure")
        if len(disclosures) > 500:
            raise Refused("CERTIFICATE_TOO_LARGE", "disclosures")
        self.statement = Statement(statement)
        if self.statement.kind != "certificate":
            raise Refused("STATEMENT_TYP", "not a certificate")
        self.read_disclosures(disclosures)

    def read_disclosures(self, disclosures):
        """§5"""
        payload = self.statement.certificate
        self.fields, self.related_resource, seen = {}, None, set()
        for text in disclosures:
            name, value = read_disclosure(text)
            digest = disclosure_digest(text)
            at_top = digest in payload.top_digests
            if not at_top and digest not in payload.subject_digests:
                raise Refused("DISCLOSURE_UNREFERENCED")
            if digest in seen or (not at_top and name in self.fields):
                raise Refused("DISCLOSURE_DUPLICATE")
            seen.add(digest)
            if at_top:
                if name != "relatedResource":
                    raise Refused("DISCLOSURE_FORBIDDEN")
                check_related_resource(value)
                self.related_resource = value
            else:
                if not matches(FIELD_NAME, name) or name in ("id", "type"):
                    raise Refused("DISCLOSURE_FORBIDDEN")
                if contains_hiding(value):
                    raise Refused("DISCLOSURE_FORBIDDEN")
                self.fields[name] = value


# --------------------------------------------------------------------------------------------------------------------
# §5 Disclosures, salts, decoys


def read_disclosure(text):
    """The name and the value of a disclosure. §5"""
    data = base64url(text)
    if data is None:
        raise Refused("DISCLOSURE_BASE64")
    value = read_json(data)
    if not isinstance(value, list) or len(value) != 3:
        raise Refused("DISCLOSURE_SHAPE")
    salt, name, content = value
    if base64url(salt, 16) is None or not isinstance(name, str):
        raise Refused("DISCLOSURE_SHAPE")
    return name, content


def disclosure_digest(text):
    return base64url_text(sha256(text.encode()))


def check_related_resource(value):
    if not (has_exactly(value, {"id", "mediaType", "digestSRI"})
            and matches(rf"urn:onceproof:file:{ULID}", value["id"])
            and matches(MEDIA_TYPE, value["mediaType"]) and is_integrity_text(value["digestSRI"])):
        raise Refused("DISCLOSURE_SHAPE", "relatedResource")


def issue_disclosures(seed, fields, related_resource):
    """How the issuer makes salts and decoys from one seed. §5"""
    named = list(fields) + ([["relatedResource", related_resource]] if related_resource is not None else [])
    subject_decoys = 8 - len(fields) % 8
    top_decoys = 1 if related_resource is None else 0
    decoy_count = subject_decoys + top_decoys
    stream = hashlib.shake_256(seed).digest(16 * len(named) + 32 * decoy_count)
    salts = [base64url_text(stream[16 * index : 16 * index + 16]) for index in range(len(named))]
    blocks = stream[16 * len(named):]
    decoys = [base64url_text(sha256(blocks[32 * index : 32 * index + 32])) for index in range(decoy_count)]
    disclosures = [base64url_text(write_json([salt, name, value]).encode())
                   for salt, (name, value) in zip(salts, named)]
    digests = [disclosure_digest(text) for text in disclosures]
    return {
        "salts": salts,
        "disclosures": disclosures,
        "digests": digests,
        "decoys": decoys,
        "subjectDigests": sorted(digests[: len(fields)] + decoys[:subject_decoys]),
        "topDigest": decoys[-1] if related_resource is None else digests[-1],
    }


# --------------------------------------------------------------------------------------------------------------------
# §6 Log


def leaf_hash(statement):
    return sha256(b"\x00", statement)


def node_hash(left, right):
    return sha256(b"\x01", left, right)


def tree_root(leaves):
    """RFC 6962 §2.1. §6"""
    if not leaves:
        return sha256()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return node_hash(tree_root(leaves[:split]), tree_root(leaves[split:]))


def inclusion_holds(leaf, index, size, proof, root):
    """RFC 9162 §2.1.3.2. §6"""
    if not (is_integer(index) and is_integer(size) and index < size):
        return False
    fn, sn, current = index, size - 1, leaf
    for sibling in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            current = node_hash(sibling, current)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            current = node_hash(current, sibling)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and current == root


def consistency_holds(size1, root1, size2, root2, proof):
    """RFC 9162 §2.1.4.2. §6"""
    if not (is_integer(size1, 1) and is_integer(size2) and size1 <= size2):
        return False
    if size1 == size2:
        return not proof and root1 == root2
    if not proof:
        return False
    path = [root1, *proof] if size1 & (size1 - 1) == 0 else list(proof)
    fn, sn = size1 - 1, size2 - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            new = node_hash(new, sibling)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and old == root1 and new == root2


# --------------------------------------------------------------------------------------------------------------------
# §7 Signed note, checkpoint, promise

NOTE_LIMIT = 65_536
KEY_NAME = r"[^\s+\x00-\x1f\x7f-\x9f]+"  # beside control characters, \s of Python is White_Space of Unicode


class NoteKey:
    """<name>+<hex8 keyID>+<base64(0x01 ‖ publicKey)>. §7"""

    def __init__(self, text):
        parts = text.split("+", 2)
        if len(parts) != 3 or not matches(KEY_NAME, parts[0]) or not matches(r"[0-9a-f]{8}", parts[1]):
            raise Refused("NOTE_SYNTAX", "note key")
        key = base64_bytes(parts[2], 33)
        if key is None or key[0] != 1:
            raise Refused("NOTE_SYNTAX", "note key")
        self.name, self.public_key = parts[0], key[1:]
        self.id = sha256(self.name.encode(), b"\x0a", key)[:4]
        if self.id.hex() != parts[1]:
            raise Refused("NOTE_SYNTAX", "key ID")


class Note:
    """§7"""

    def __init__(self, text):
        if len(text.encode()) > NOTE_LIMIT:
            raise Refused("NOTE_SYNTAX", "too large")
        if any(ord(character) < 32 and character != "\n" for character in text):
            raise Refused("NOTE_SYNTAX", "control character")
        signed, separator, signatures = text.rpartition("\n\n")
        if not separator or not signatures.endswith("\n"):
            raise Refused("NOTE_SYNTAX", "no signature lines")
        self.text = signed + "\n"
        self.signatures = []
        for line in signatures[:-1].split("\n"):
            found = re.fullmatch(rf"— ({KEY_NAME}) (\S+)", line)
            data = base64_bytes(found.group(2)) if found else None
            if data is None or len(data) < 5:
                raise Refused("NOTE_SYNTAX", "signature line")
            self.signatures.append((found.group(1), data[:4], data[4:]))
        if len(self.signatures) > 16:
            raise Refused("NOTE_SYNTAX", "too many signatures")

    def verify(self, keys):
        signed = False
        for name, key_id, signature in self.signatures:
            for key in keys:
                if (key.name, key.id) == (name, key_id):
                    if not eddsa_holds(key.public_key, self.text.encode(), signature):
                        raise Refused("NOTE_SIGNATURE")
                    signed = True
        if not signed:
            raise Refused("NOTE_NO_KNOWN_KEY")


class Checkpoint:
    """§7"""

    def __init__(self, text):
        self.note = Note(text)
        lines = self.note.text.split("\n")
        if len(lines) != 4 or not matches(KEY_NAME, lines[0]):
            raise Refused("CHECKPOINT_SYNTAX")
        self.origin = lines[0]
        self.size = decimal_number(lines[1])
        self.root = base64_bytes(lines[2], 32)
        if self.size is None or self.root is None:
            raise Refused("CHECKPOINT_SYNTAX")


class Promise:
    """§7"""

    def __init__(self, text):
        self.note = Note(text)
        lines = self.note.text.split("\n")
        title, _, self.origin = lines[0].partition(" ")
        if len(lines) != 5 or title != "onceproof-promise/v1" or not matches(KEY_NAME, self.origin):
            raise Refused("PROMISE_SYNTAX")
        self.leaf = base64_bytes(lines[1], 32)
        self.accepted_at = decimal_number(lines[2])
        self.delay = decimal_number(lines[3])
        if None in (self.leaf, self.accepted_at, self.delay):
            raise Refused("PROMISE_SYNTAX")


# --------------------------------------------------------------------------------------------------------------------
# §8 Tiles

TILE_WIDTH = 256


class TilePath:
    """tile/<L>/<N>[.p/<W>], below the prefix. §8"""

    def __init__(self, text):
        found = re.fullmatch(r"tile/([0-9]+)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([0-9]+))?", text)
        if not found or found.group(2).startswith("x000/"):
            raise ValueError("no tile")
        level, groups, width = found.groups()
        self.level = decimal_number(level, 63)
        self.n = int(groups.replace("x", "").replace("/", ""))
        self.width = TILE_WIDTH if width is None else decimal_number(width, TILE_WIDTH - 1)
        if self.level is None or self.n > SAFE or not self.width:
            raise ValueError("no tile")


def tile_path(level, n, width):
    """§8"""
    digits = str(n)
    digits = digits.zfill(len(digits) + -len(digits) % 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    path = f"tile/{level}/" + "/".join(["x" + group for group in groups[:-1]] + groups[-1:])
    return path if width == TILE_WIDTH else f"{path}.p/{width}"


def tiles_of(leaves):
    """The tiles of a log with their hashes: the list of each level from 0 on, as far as it has complete subtrees. §8"""
    row, levels = leaves, []
    while row:
        tiles = [row[at : at + TILE_WIDTH] for at in range(0, len(row), TILE_WIDTH)]
        levels.append([(tile_path(len(levels), n, len(tile)), tile) for n, tile in enumerate(tiles)])
        row = [tree_root(tile) for tile in tiles if len(tile) == TILE_WIDTH]
    return levels


# --------------------------------------------------------------------------------------------------------------------
# §9 Receipt


class LogProof:
    """C2SP tlog-proof without extra line. §9"""

    def __init__(self, text):
        head, separator, checkpoint = text.partition("\n\n")
        lines = head.split("\n")
        if not separator or len(lines) < 2 or lines[0] != "c2sp.org/tlog-proof@v1" or not lines[1].startswith("index "):
            raise Refused("RECEIPT_SYNTAX", "proof")
        self.index = decimal_number(lines[1][6:])
        self.hashes = [base64_bytes(line, 32) for line in lines[2:]]
        if self.index is None or None in self.hashes or len(self.hashes) > 53:
            raise Refused("RECEIPT_SYNTAX", "proof")
        try:
            self.checkpoint = Checkpoint(checkpoint)
        except Refused:
            raise Refused("RECEIPT_SYNTAX", "checkpoint") from None
        if self.index >= self.checkpoint.size:
            raise Refused("RECEIPT_SYNTAX", "index")


class Receipt:
    """§9"""

    def __init__(self, value):
        if not has_exactly(value, {"proof", "anchor"}) or not isinstance(value["proof"], str):
            raise Refused("RECEIPT_SYNTAX")
        anchor = value["anchor"]
        if not (has_exactly(anchor, {"chainId", "contract", "blockNumber", "blockTime"})
                and hex_bytes(anchor["contract"], 20) is not None
                and all(is_integer(anchor[name]) for name in ("chainId", "blockNumber", "blockTime"))):
            raise Refused("RECEIPT_SYNTAX", "anchor")
        self.anchor = anchor
        self.proof = LogProof(value["proof"])


# --------------------------------------------------------------------------------------------------------------------
# §10 Certificate file and record file

FILE_LIMIT = 2_097_152


class File:
    """The frame only: what it holds is refused by its own rules in verify(). §10"""

    def __init__(self, data):
        if len(data) > FILE_LIMIT:
            raise Refused("FILE_TOO_LARGE")
        value = read_json(data, FILE_LIMIT)
        self.kind = None
        for kind in ("certificate", "record"):
            for proof in ("receipt", "promise"):
                if has_exactly(value, {"format", kind, proof}) and value["format"] == f"onceproof-{kind}/1":
                    self.kind, self.proof_kind = kind, proof
        if self.kind is None:
            raise Refused("FILE_SYNTAX")
        self.content, self.proof = value[self.kind], value[self.proof_kind]
        if not isinstance(self.content, str) or not isinstance(self.proof, dict if "receipt" in value else str):
            raise Refused("FILE_SYNTAX")


# --------------------------------------------------------------------------------------------------------------------
# §11 Trust file, §12 Snapshot

ORIGIN = r"[\x21-\x2a\x2c-\x7e]{1,200}"
CONTRACTS = {"DepartmentRegistry", "AnchorLog", "StatusRegistry", "GrantRegistry"}
TRUST_LIMIT = 4 * 1024 * 1024
SNAPSHOT_LIMIT = 256 * 1024 * 1024


def is_hash(value):
    return hex_bytes(value, 32) is not None


def is_contracts(value):
    return has_exactly(value, CONTRACTS) and all(
        has_exactly(contract, {"address", "codeHash"}) and hex_bytes(contract["address"], 20) is not None
        and is_hash(contract["codeHash"]) for contract in value.values())


class Trust:
    """§11"""

    def __init__(self, data):
        value = read_json(data, TRUST_LIMIT)
        self.fingerprint = " ".join(re.findall(".{4}", sha256(data).hex()))
        if not (has_exactly(value, {"format", "chain", "contracts", "logs", "regions"})
                and value["format"] == "onceproof-trust/1"
                and has_exactly(value["chain"], {"chainId", "genesis", "confirmations"})
                and is_integer(value["chain"]["chainId"], 1) and is_hash(value["chain"]["genesis"])
                and is_integer(value["chain"]["confirmations"], 1, 1_000_000)
                and is_contracts(value["contracts"])
                and isinstance(value["logs"], list) and 1 <= len(value["logs"]) <= 1_000
                and isinstance(value["regions"], list) and 1 <= len(value["regions"]) <= 10_000):
            raise Refused("TRUST_SYNTAX")
        self.chain, self.contracts = value["chain"], value["contracts"]
        self.logs, self.regions = {}, {}
        for log in value["logs"]:
            self.read_log(log)
        for region in value["regions"]:
            self.read_region(region)

    def read_log(self, log):
        if not (has_exactly(log, {"origin", "noteKey"}) and matches(ORIGIN, log["origin"])
                and isinstance(log["noteKey"], str)):
            raise Refused("TRUST_SYNTAX", "logs")
        try:
            key = NoteKey(log["noteKey"])
        except Refused:
            raise Refused("TRUST_SYNTAX", "noteKey") from None
        if key.name != log["origin"] or key.name in self.logs:
            raise Refused("TRUST_SYNTAX", "origin")
        self.logs[key.name] = key

    def read_region(self, region):
        if not (has_exactly(region, {"code", "types", "use"}) and matches(REGION, region["code"])
                and region["use"] in ("live", "test") and region["code"] not in self.regions):
            raise Refused("TRUST_SYNTAX", "regions")
        types = region["types"]
        if types != "*" and not (isinstance(types, list) and len(types) <= 100_000
                                 and all(is_text(name, 1, 64) for name in types)):
            raise Refused("TRUST_SYNTAX", "types")
        self.regions[region["code"]] = region


def every(value, **members):
    """A list of objects with exactly these members, each accepted."""
    return isinstance(value, list) and all(
        has_exactly(item, members) and all(accepts(item[name]) for name, accepts in members.items()) for item in value)


def is_ascending(value):
    return isinstance(value, list) and all(map(is_integer, value)) and value == sorted(set(value))


def is_status_index(value):
    return is_integer(value, 0, 131_071)


def is_index_array(value):
    return is_ascending(value) and all(map(is_status_index, value))


class Snapshot:
    """§12"""

    def __init__(self, data):
        value = read_json(data, SNAPSHOT_LIMIT)
        lists = {"departments", "keys", "permits", "logs", "statusLists"}
        if not (has_exactly(value, {"format", "chain", "contracts", "block"} | lists)
                and value["format"] == "onceproof-snapshot/1"
                and has_exactly(value["chain"], {"chainId", "genesis"})
                and is_integer(value["chain"]["chainId"], 1) and is_hash(value["chain"]["genesis"])
                and is_contracts(value["contracts"])
                and every([value["block"]], number=is_integer, hash=is_hash, time=is_integer)
                and self.lists_hold(value)):
            raise Refused("SNAPSHOT_SYNTAX")
        self.chain, self.contracts, self.block = value["chain"], value["contracts"], value["block"]
        self.departments = {item["id"]: item for item in value["departments"]}
        self.keys = {item["id"]: item for item in value["keys"]}
        self.permits = {(item["type"], item["region"]): item["periods"] for item in value["permits"]}
        self.logs = {item["origin"]: item["checkpoints"] for item in value["logs"]}
        self.status_lists = {item["id"]: item for item in value["statusLists"]}
        if any(len(getattr(self, python)) != len(value[name]) for python, name in (
                ("departments", "departments"), ("keys", "keys"), ("permits", "permits"), ("logs", "logs"),
                ("status_lists", "statusLists"))):
            raise Refused("SNAPSHOT_SYNTAX", "something twice")

    @staticmethod
    def lists_hold(value):
        name = lambda text: is_text(text, 1, 64)
        byte = lambda number: is_integer(number, 1, 255)
        spans = lambda items: every(items, **{"from": is_integer, "until": is_integer})
        periods = lambda items: every(items, **{"department": is_hash, "from": is_integer, "until": is_integer})
        size = lambda number: is_integer(number, 1)
        checkpoints = lambda items: (every(items, size=size, root=lambda text: base64_bytes(text, 32) is not None,
                                           time=is_integer, blockNumber=is_integer)
                                     and is_ascending([item["size"] for item in items]))
        superseded = lambda items: (every(items, index=is_status_index, successor=is_hash)
                                    and is_ascending([item["index"] for item in items]))
        return (every(value["departments"], id=is_hash, uscc=lambda text: matches(r"[0-9A-Z]{18}", text),
                      did=lambda text: is_text(text, 1, 256), admittedAt=is_integer, suspensions=spans)
                and every(value["keys"], id=is_hash, department=is_hash, purpose=byte, algorithm=byte, addedAt=is_integer,
                          signUntil=is_integer, anchorUntil=is_integer, compromisedSince=is_integer,
                          publicKey=lambda text: 20 <= len(hex_bytes(text) or b"") <= 2000)
                and every(value["permits"], type=name, region=name, periods=periods)
                and every(value["logs"], origin=lambda text: matches(ORIGIN, text), checkpoints=checkpoints)
                and len(value["logs"]) <= 1_000
                and every(value["statusLists"], id=is_hash, department=is_hash, number=is_integer, revoked=is_index_array,
                          suspended=is_index_array, superseded=superseded))


class View:
    """What answers for the chain; `snapshot` None stands for a chain that cannot be reached. §13"""

    def __init__(self, snapshot, live):
        self.snapshot, self.live = snapshot, live

    def fault(self, trust):
        if self.snapshot is None:
            return "CHAIN_UNREACHABLE"
        here, there = self.snapshot, trust
        same = (here.chain["chainId"] == there.chain["chainId"] and here.chain["genesis"] == there.chain["genesis"]
                and here.contracts == there.contracts)
        return None if same else "WRONG_CHAIN"


# --------------------------------------------------------------------------------------------------------------------
# §13 Verification

QUESTIONS = ("intact", "anchored", "authorised", "in force", "not revoked")
PENDING = {"CHECKPOINT_NOT_ON_CHAIN", "NOT_FINAL", "PROMISED"}
ALGORITHMS = {"ES256": 1, "EdDSA": 2}


def within(span, moment):
    """[from, until), until 0 = open. §13.5"""
    return span["from"] <= moment and (span["until"] == 0 or moment < span["until"])


class Verification:
    """One file under one trust file, one view and one now. §13"""

    def __init__(self, data, trust, view, now, digest=None):
        self.trust, self.view, self.now, self.digest = trust, view, now, digest
        self.fault = view.fault(trust)
        self.time = None
        self.answers = dict.fromkeys(QUESTIONS, ("unknown", "NOT_ASKED"))
        self.readable = True
        try:
            file = File(data)
        except Refused as refusal:
            self.readable = False
            self.answers = dict.fromkeys(QUESTIONS, ("unknown", refusal.code))
            return
        try:
            self.read_content(file)
        except Refused as refusal:
            self.answers["intact"] = ("no", refusal.code)
            return
        self.key = None if self.fault else view.snapshot.keys.get("0x" + self.statement.key_id.hex())
        self.answers["intact"] = self.intact()
        self.answers["anchored"] = self.anchored(file)
        self.answers["authorised"] = self.authorised()
        self.answers["in force"] = self.in_force()
        self.answers["not revoked"] = self.not_revoked()

    def read_content(self, file):
        """§13.1"""
        if file.kind == "certificate":
            self.statement = Certificate(file.content).statement
            self.certificate = self.statement.certificate
            self.region, self.type = self.certificate.region, self.certificate.type
            return
        self.statement, self.certificate = Statement(file.content), None
        if self.statement.kind != "record":
            raise Refused("STATEMENT_TYP", "not a record")
        self.region, self.type = self.statement.payload["region"], "RECORD"

    def intact(self):
        """§13.3"""
        of_record = self.certificate is None
        if of_record and self.digest not in (None, base64url(self.statement.payload["record"]["digest"])):
            return "no", "DIGEST_DIFFERS"
        if self.fault:
            return "unknown", self.fault
        if self.key is None:
            return "unknown", "KEY_NOT_REGISTERED"
        public_key = hex_bytes(self.key["publicKey"])
        if thumbprint(public_key) != self.statement.key_id:
            return "no", "THUMBPRINT_WRONG"
        if self.key["algorithm"] != ALGORITHMS[self.statement.alg]:
            return "no", "ALGORITHM_WRONG"
        if not self.statement.signature_holds(public_key):
            return "no", "SIGNATURE_WRONG"
        if of_record and self.digest is None:
            return "unknown", "FILE_NOT_GIVEN"
        return "yes", "UNCHANGED"

    def anchored(self, file):
        """§13.4"""
        try:
            if file.proof_kind == "promise":
                return self.promised(Promise(file.proof))
            return self.proven(Receipt(file.proof))
        except Refused as refusal:
            return "no", refusal.code

    def promised(self, promise):
        if promise.origin not in self.trust.logs:
            return "unknown", "LOG_NOT_TRUSTED"
        promise.note.verify([self.trust.logs[promise.origin]])
        if promise.leaf != self.statement.leaf():
            return "no", "PROMISE_FOR_ANOTHER"
        if self.now > promise.accepted_at + promise.delay:
            return "unknown", "PROMISE_OVERDUE"
        return "unknown", "PROMISED"

    def proven(self, receipt):
        proof = receipt.proof
        checkpoint = proof.checkpoint
        if checkpoint.origin not in self.trust.logs:
            return "unknown", "LOG_NOT_TRUSTED"
        checkpoint.note.verify([self.trust.logs[checkpoint.origin]])
        if not inclusion_holds(self.statement.leaf(), proof.index, checkpoint.size, proof.hashes, checkpoint.root):
            return "no", "PROOF_WRONG"
        if self.fault:
            return "unknown", self.fault
        on_chain = self.view.snapshot.logs.get(checkpoint.origin, [])
        same_size = [one for one in on_chain if one["size"] == checkpoint.size]
        if not same_size:
            return "unknown", "CHECKPOINT_NOT_ON_CHAIN" if self.view.live else "NOT_IN_SNAPSHOT"
        if base64_bytes(same_size[0]["root"]) != checkpoint.root:
            return "no", "ROOT_DIFFERS"
        first = next(one for one in on_chain if one["size"] > proof.index)
        depth = self.view.snapshot.block["number"] - first["blockNumber"] + 1
        if self.view.live and depth < self.trust.chain["confirmations"]:
            return "unknown", "NOT_FINAL"
        self.time = first["time"]
        hint = {"chainId": self.trust.chain["chainId"], "contract": self.trust.contracts["AnchorLog"]["address"],
                "blockNumber": first["blockNumber"], "blockTime": first["time"]}
        return ("yes", "FINAL") if receipt.anchor == hint else ("unknown", "RECEIPT_ANCHOR_DIFFERS")

    def authorised(self):
        """§13.5"""
        region = self.trust.regions.get(self.region)
        if region is None:
            return "no", "REGION_NOT_RECOGNISED"
        if region["types"] != "*" and self.type not in region["types"]:
            return "no", "TYPE_NOT_RECOGNISED"
        if self.fault:
            return "unknown", self.fault
        key, moment = self.key, self.time
        if key is None:
            if moment is None and not self.view.live:
                return "unknown", "NOT_IN_SNAPSHOT"
            return "no", "KEY_NOT_REGISTERED"
        department = self.view.snapshot.departments.get(key["department"])
        if (department is None or department["did"] != self.statement.did
                or (self.certificate and department["uscc"] != self.certificate.identifier.issuer)):
            return "no", "KEY_OF_ANOTHER_DEPARTMENT"
        if key["purpose"] != 1:
            return "no", "KEY_WRONG_PURPOSE"
        if moment is None:
            return "unknown", "ANCHOR_TIME_UNKNOWN"
        if key["compromisedSince"] != 0 and moment >= key["compromisedSince"]:
            return "no", "KEY_COMPROMISED"
        if moment < key["addedAt"]:
            return "no", "KEY_NOT_YET_VALID"
        if key["anchorUntil"] != 0 and moment >= key["anchorUntil"]:
            return "no", "KEY_ENDED"
        if any(within(suspension, moment) for suspension in department["suspensions"]):
            return "no", "DEPARTMENT_SUSPENDED"
        periods = self.view.snapshot.permits.get((self.type, self.region), [])
        if not any(period["department"] == department["id"] and within(period, moment) for period in periods):
            return "no", "NO_PERMIT"
        return "yes", "KEY_AND_PERMIT_IN_FORCE"

    def in_force(self):
        """§13.6"""
        if self.certificate is None:
            return "yes", "WITHOUT_END"
        if self.now < self.certificate.valid_from:
            return "no", "NOT_YET_VALID"
        if self.certificate.valid_until is None:
            return "yes", "WITHOUT_END"
        if self.now > self.certificate.valid_until:
            return "no", "EXPIRED"
        return "yes", "WITHIN_DATES"

    def not_revoked(self):
        """§13.7"""
        if self.certificate is None:
            return "yes", "NO_STATUS"
        if self.fault:
            return "unknown", self.fault
        status = self.view.snapshot.status_lists.get("0x" + self.certificate.status_list.hex())
        if status is None:
            return "unknown", "STATUS_LIST_UNKNOWN"
        index = self.certificate.status_index
        if index in status["revoked"]:
            return "no", "REVOKED"
        if index in [entry["index"] for entry in status["superseded"]]:
            return "no", "SUPERSEDED"
        if index in status["suspended"]:
            return "no", "SUSPENDED"
        return "yes", "STATUS_CLEAR"

    def verdict(self):
        """The verdict and the exit code. §14"""
        if not self.readable:
            return "UNREADABLE", 11
        answers = self.answers
        if answers["intact"][0] == "no" or answers["anchored"][0] == "no":
            return "TAMPERED", 10
        refusals = {
            "KEY_NOT_REGISTERED": ("ISSUER_UNKNOWN", 12),
            "KEY_OF_ANOTHER_DEPARTMENT": ("ISSUER_UNKNOWN", 12),
            "KEY_WRONG_PURPOSE": ("ISSUER_UNKNOWN", 12),
            "REGION_NOT_RECOGNISED": ("NOT_RECOGNISED_HERE", 13),
            "TYPE_NOT_RECOGNISED": ("NOT_RECOGNISED_HERE", 13),
            "KEY_COMPROMISED": ("KEY_COMPROMISED", 14),
            "KEY_ENDED": ("ISSUER_KEY_REVOKED", 15),
            "KEY_NOT_YET_VALID": ("KEY_NOT_YET_VALID", 16),
            "DEPARTMENT_SUSPENDED": ("ISSUER_SUSPENDED", 17),
            "NO_PERMIT": ("PERMIT_NOT_IN_FORCE", 18),
        }
        if answers["authorised"][0] == "no":
            return refusals[answers["authorised"][1]]
        if answers["not revoked"] == ("no", "REVOKED"):
            return "REVOKED", 19
        unknown = {because for answer, because in answers.values() if answer == "unknown"}
        if unknown - PENDING - {"ANCHOR_TIME_UNKNOWN"} or unknown == {"ANCHOR_TIME_UNKNOWN"}:
            return "CANNOT_CHECK", 5
        if unknown:
            return "PENDING_ANCHOR", 4
        for answer, row in (
                (("not revoked", "SUPERSEDED"), ("SUPERSEDED", 30)),
                (("not revoked", "SUSPENDED"), ("SUSPENDED", 31)),
                (("in force", "EXPIRED"), ("EXPIRED", 32)),
                (("in force", "NOT_YET_VALID"), ("NOT_YET_VALID", 33))):
            if answers[answer[0]] == ("no", answer[1]):
                return row
        if self.trust.regions[self.region]["use"] == "test":
            return "TEST", 6
        return ("VALID", 0) if self.view.live else ("OFFLINE_OK", 3)

    def report(self):
        verdict, code = self.verdict()
        return {"verdict": verdict, "exit": code, "answers": {
            question: {"answer": answer, "because": because} for question, (answer, because) in self.answers.items()}}


# --------------------------------------------------------------------------------------------------------------------
# §16 On-chain messages

DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
MESSAGES = {
    "onceproof AnchorLog": [
        "Checkpoint(bytes32 log,uint64 size,bytes32 root)",
        "UrgentLeaf(bytes32 log,bytes32 leaf)",
    ],
    "onceproof StatusRegistry": [
        "OpenList(bytes32 department,uint64 number,uint48 deadline)",
        "Order(bytes32 list,uint8 action,uint32[] indices,bytes32[] references,bytes32 statement,bytes32 salt,"
        "uint48 deadline)",
    ],
    "onceproof GrantRegistry": [
        "ReuseGrant(bytes32 holder,Terms terms,uint48 notBefore,uint48 notAfter,uint64 epoch)"
        "Item(bytes32 certificate,string[] fields)"
        "Terms(Item[] items,bytes32 grantee,string matter,string purpose,uint32 maxUses,bytes32 notice,bytes32 salt)",
        "Withdrawal(bytes32 holder,bytes32 grant)",
        "WithdrawAll(bytes32 holder,uint64 epoch)",
    ],
    "onceproof HolderKey": ["HolderKey(bytes32 holder,bytes32 nonce,uint48 deadline)"],
}


class TypedData:
    """The hashes of EIP-712 over the types of one encodeType. §16"""

    def __init__(self, encode_type):
        self.types = {}
        for name, members in re.findall(r"([A-Za-z0-9]+)\(([^()]*)\)", encode_type):
            self.types[name] = [member.split(" ") for member in members.split(",")]
        self.primary = next(iter(self.types))

    def encode_type(self, name):
        """The type itself, then all that it refers to, by name."""
        found, waiting = set(), [name]
        while waiting:
            current = waiting.pop()
            if current not in found:
                found.add(current)
                kinds = [kind.removesuffix("[]") for kind, _ in self.types[current]]
                waiting += [kind for kind in kinds if kind in self.types]
        return "".join(one + "(" + ",".join(map(" ".join, self.types[one])) + ")"
                       for one in [name, *sorted(found - {name})])

    def struct_hash(self, value, name=None):
        name = name or self.primary
        if not has_exactly(value, {member for _, member in self.types[name]}):
            raise ValueError(f"the members of {name}")
        return keccak256(keccak256(self.encode_type(name).encode())
                         + b"".join(self.word(kind, value[member]) for kind, member in self.types[name]))

    def word(self, kind, value):
        """The 32 bytes that stand for a value; integers are decimal texts, as in the vectors (§17)."""
        if kind.endswith("[]"):
            return keccak256(b"".join(self.word(kind[:-2], item) for item in value))
        if kind in self.types:
            return self.struct_hash(value, kind)
        if kind == "string":
            return keccak256(value.encode())
        if kind in ("bytes32", "address"):
            data = hex_bytes(value, 32 if kind == "bytes32" else 20)
            if data is None:
                raise ValueError(kind)
            return data.rjust(32, b"\x00")
        number = int(value)
        if not kind.startswith("uint") or str(number) != value or not 0 <= number < 2 ** int(kind[4:]):
            raise ValueError(kind)
        return number.to_bytes(32, "big")


def message_hashes(encode_type, domain, message):
    """EIP-712: the domain separator, the hash of the message and the digest that is signed. §16"""
    separator = TypedData(DOMAIN).struct_hash(domain | {"chainId": str(domain["chainId"])})
    struct = TypedData(encode_type).struct_hash(message)
    return separator, struct, keccak256(b"\x19\x01" + separator + struct)


# --------------------------------------------------------------------------------------------------------------------
# §17 Vectors


def code_of(action, *arguments):
    """The refusal's code, or None."""
    try:
        action(*arguments)
    except Refused as refusal:
        return refusal.code
    return None


def is_same(left, right):
    """Python holds True equal to 1 and 1 equal to 1.0; JSON does not."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(is_same(left[name], right[name]) for name in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(is_same, left, right))
    return left == right


class Vectors:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.count = self.disagreements = 0

    def load(self, name):
        return json.loads((self.folder / name).read_text("utf-8"))

    def check(self, where, expected, found):
        self.count += 1
        if not is_same(expected, found):
            self.disagreements += 1
            print(f"{where}\n  expected {write_json(expected)}\n  found    {write_json(found)}")

    def run(self):
        handlers = {"log.json": self.log, "identifiers.json": self.identifiers, "json.json": self.json,
                    "notes.json": self.notes, "salts.json": self.salts, "statements.json": self.statements,
                    "tiles.json": self.tiles, "messages.json": self.messages, "trust-files.json": self.trust_files,
                    "snapshots.json": self.snapshots}
        for path in sorted(self.folder.rglob("*.json")):
            name = path.relative_to(self.folder).as_posix()
            try:
                if name in handlers:
                    handlers[name](name)
                elif matches(r"trust(-[a-z-]+)?\.json", name):
                    self.check(name, None, code_of(Trust, path.read_bytes()))
                elif name == "snapshot.json":
                    self.check(name, None, code_of(Snapshot, path.read_bytes()))
                elif path.parent.name in ("valid", "invalid"):
                    self.file(name)
                else:
                    self.check(name, "a file that formats.md §17 names", "another file")
            except Exception as fault:  # a fault of one file must not hide the others
                self.check(name, "a result", f"{type(fault).__name__}: {fault}")
        for missing in sorted(name for name in handlers if not (self.folder / name).exists()):
            self.check(missing, "here", "missing")
        print(f"{self.count} vectors, {self.disagreements} disagreements")
        return self.disagreements

    def log(self, name):
        data = self.load(name)
        leaves = []
        for position, leaf in enumerate(data["leaves"]):
            leaves.append(leaf_hash(leaf["statement"].encode()))
            self.check(f"{name} leaf {position}", leaf["leaf"], base64_text(leaves[-1]))
        for root in data["roots"]:
            self.check(f"{name} root {root['size']}", root["root"], base64_text(tree_root(leaves[: root["size"]])))
        for one in data["inclusion"]:
            proof = [base64_bytes(text) for text in one["proof"]]
            found = inclusion_holds(base64_bytes(one["leaf"]), one["index"], one["size"], proof, base64_bytes(one["root"]))
            self.check(f"{name} inclusion: {one['why']}", one["holds"], found)
        for one in data["consistency"]:
            proof = [base64_bytes(text) for text in one["proof"]]
            root1, root2 = base64_bytes(one["root1"]), base64_bytes(one["root2"])
            found = consistency_holds(one["size1"], root1, one["size2"], root2, proof)
            self.check(f"{name} consistency: {one['why']}", one["holds"], found)

    def identifiers(self, name):
        readers = {"uscc": is_uscc, "organisation": is_organisation_code, "citizen": is_citizen_number,
                   "ulid": lambda text: matches(ULID, text)}
        for one in self.load(name):
            where, text = f"{name} {one['kind']} {one['text']!r}: {one['why']}", one["text"]
            expected = {key: one[key] for key in ("valid", "warnings", "value") if key in one}
            if one["kind"] == "certificate":
                found = {"valid": code_of(CertificateIdentifier, text) is None}
                if found["valid"]:
                    found["warnings"] = CertificateIdentifier(text).warnings
            elif one["kind"] == "short-code":
                found = {"valid": read_short_code(text) is not None, "value": read_short_code(text)}
            else:
                found = {"valid": readers[one["kind"]](text)}
            self.check(where, expected, found)

    def json(self, name):
        for one in self.load(name):
            data = base64.b64decode(one["textBase64"]) + b" " * one.get("padding", 0)
            where = f"{name} {one['name']}"
            code = code_of(read_json, data)
            if "refused" in one:
                self.check(where, one["refused"], one["refused"] if code in one["refused"] else code)
            else:
                self.check(where, one["value"], read_json(data) if code is None else code)

    def notes(self, name):
        data = self.load(name)
        keys = [NoteKey(text) for text in data["keys"]]

        def read_note(text):
            Note(text).verify(keys)

        def read_checkpoint(text):
            read_as_kind(Checkpoint, text, "CHECKPOINT_SYNTAX")

        def read_promise(text):
            read_as_kind(Promise, text, "PROMISE_SYNTAX")

        def read_as_kind(reader, text, refusal):
            read = reader(text)
            if read.origin not in [key.name for key in keys]:
                raise Refused(refusal, "origin")
            read.note.verify(keys)

        def read_proof(text):
            LogProof(text).checkpoint.note.verify(keys)

        readers = {"note-key": NoteKey, "note": read_note, "checkpoint": read_checkpoint, "promise": read_promise,
                   "log-proof": read_proof}
        for one in data["vectors"]:
            self.check(f"{name} {one['kind']}: {one['why']}", one["refusal"], code_of(readers[one["kind"]], one["text"]))

    def salts(self, name):
        data = self.load(name)
        for one in data["issued"]:
            found = issue_disclosures(hex_bytes(one["seed"]), one["fields"], one["relatedResource"])
            self.check(f"{name} issued: {one['why']}", {key: one[key] for key in found}, found)
        for one in data["refused"]:
            self.check(f"{name} refused: {one['why']}", one["refusal"], code_of(read_disclosure, one["disclosure"]))

    def statements(self, name):
        for one in self.load(name):
            where = f"{name} {one['name']}: {one['why']}"
            code = code_of(Statement, one["text"])
            if "refused" in one:
                self.check(where, one["refused"], code)
            elif code is not None:
                self.check(where, "read", code)
            else:
                read = Statement(one["text"])
                self.check(where, {"kind": one["kind"], "leaf": one["leaf"]},
                           {"kind": read.kind, "leaf": "0x" + read.leaf().hex()})

    def tiles(self, name):
        def read_path(text):
            try:
                path = TilePath(text)
            except ValueError:
                return None
            return {"level": path.level, "n": path.n, "width": path.width}

        data = self.load(name)
        for one in data["paths"]:
            place = {key: one[key] for key in ("level", "n", "width")}
            self.check(f"{name} {one['path']}", place, read_path(one["path"]))
            self.check(f"{name} {place}", one["path"], tile_path(**place))
        for one in data["refused"]:
            self.check(f"{name} {one['path']!r}: {one['why']}", None, read_path(one["path"]))
        for log in data["logs"]:
            where = f"{name} log of {log['size']}"
            levels = tiles_of([leaf_hash(f"leaf {index}".encode()) for index in range(log["size"])])
            if not log["complete"]:
                levels = [level if len(level) == 1 else [level[0], level[-1]] for level in levels]
            found = [tile for level in levels for tile in level]
            self.check(where, [one["path"] for one in log["tiles"]], [path for path, _ in found])
            for one, (path, tile) in zip(log["tiles"], found):
                self.check(f"{where} {path}", one, {
                    "path": path, "width": len(tile), "sha256": base64_text(sha256(*tile)),
                    "firstHash": base64_text(tile[0]), "lastHash": base64_text(tile[-1])})

    def messages(self, name):
        met = set()
        for one in self.load(name):
            where, domain, encode_type = f"{name} {one['name']}", one["domain"], one["encodeType"]
            met.add(encode_type)
            self.check(f"{where} type", True, encode_type in MESSAGES.get(domain["name"], []) and domain["version"] == "1")
            self.check(f"{where} primaryType", one["primaryType"], TypedData(encode_type).primary)
            self.check(f"{where} encodeType", encode_type, TypedData(encode_type).encode_type(one["primaryType"]))
            hashes_found = message_hashes(encode_type, domain, one["message"])
            names = ("domainSeparator", "structHash", "digest")
            self.check(where, {key: one[key] for key in names},
                       {key: "0x" + found.hex() for key, found in zip(names, hashes_found)})
        self.check(f"{name} each message of §16", sorted(sum(MESSAGES.values(), [])), sorted(met))

    def trust_files(self, name):
        self.read_or_refused(name, Trust, lambda trust, one: self.check(
            f"{name} {one['name']} fingerprint", one["fingerprint"], trust.fingerprint))

    def snapshots(self, name):
        self.read_or_refused(name, Snapshot, lambda snapshot, one: None)

    def read_or_refused(self, name, reader, then):
        for one in self.load(name):
            data = base64.b64decode(one["textBase64"]) + b" " * one.get("padding", 0)
            code = code_of(reader, data)
            if "refused" in one:
                self.check(f"{name} {one['name']}: {one['why']}", one["refused"],
                           one["refused"] if code in one["refused"] else code)
            else:
                self.check(f"{name} {one['name']}: {one['why']}", None, code)
                if code is None:
                    then(reader(data), one)

    def file(self, name):
        one = self.load(name)
        trust = Trust((self.folder / one.get("trust", "trust.json")).read_bytes())
        snapshot = Snapshot((self.folder / "snapshot.json").read_bytes())
        view = View(None if one["view"] == "unreachable" else snapshot, one["view"] != "snapshot")
        if name.startswith("invalid/") != (one["expected"]["verdict"] in ("UNREADABLE", "TAMPERED")):
            self.check(name, "UNREADABLE or TAMPERED in the folder invalid, and only there", one["expected"]["verdict"])
        data = base64.b64decode(one["fileBase64"]) + b" " * one.get("padding", 0)
        digest = base64url(one["digest"], 32) if "digest" in one else None
        self.check(f"{name}: {one['why']}", one["expected"], Verification(data, trust, view, one["now"], digest).report())


# --------------------------------------------------------------------------------------------------------------------
# Command line


def check_hashes():
    """Known values, so that a mistake in the hash written here cannot pass for a disagreement."""
    known = {
        b"": "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
        b"abc": "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45",
        b"transfer(address,uint256)": "a9059cbb2ab09eb219583f4a59a5d0623ade346d962bcd4e46b11da047c9049b",
    }
    for data, digest in known.items():
        if keccak256(data).hex() != digest:
            raise AssertionError(f"keccak256 of {data!r}")
    for length in (0, 1, 134, 135, 136, 137, 271, 272, 300):
        data = bytes(range(256)) + bytes(44)
        if keccak256(data[:length], b"\x06") != hashlib.sha3_256(data[:length]).digest():
            raise AssertionError(f"the permutation, {length} bytes")
    person = ("Cow", "0xcd2a3d9f938e13cd947ec05abc7fe734df8dd826"), ("Bob", "0x" + "b" * 40)
    sender, recipient = ({"name": name, "wallet": wallet} for name, wallet in person)
    digest = message_hashes(  # the example of EIP-712 itself
        "Mail(Person from,Person to,string contents)Person(string name,address wallet)",
        {"name": "Ether Mail", "version": "1", "chainId": 1, "verifyingContract": "0x" + "c" * 40},
        {"from": sender, "to": recipient, "contents": "Hello, Bob!"})[2]
    if digest.hex() != "be609aee343fb3c4b28e1df9e632fca64fcfaede20f02e86244efddf30957bd2":
        raise AssertionError("the example of EIP-712")


def main():
    parser = argparse.ArgumentParser(description="Verifies onceproof files, or runs the vectors.")
    parser.add_argument("--vectors", metavar="DIR")
    parser.add_argument("--file", metavar="F")
    parser.add_argument("--trust", metavar="T")
    parser.add_argument("--snapshot", metavar="S")
    parser.add_argument("--at", metavar="INSTANT", help="for example 2026-06-01T00:00:00Z; the clock when absent")
    parser.add_argument("--digest", metavar="HEX", help="SHA-256 of the file that a record speaks of")
    options = parser.parse_args()
    check_hashes()
    if options.vectors:
        return 1 if Vectors(options.vectors).run() else 0
    if not (options.file and options.trust and options.snapshot):
        parser.error("either --vectors, or --file, --trust and --snapshot")
    now = int(time.time()) if options.at is None else seconds_of(options.at)
    if now is None:
        parser.error("--at is not an instant")
    digest = None
    if options.digest is not None:
        digest = hex_bytes("0x" + options.digest.removeprefix("0x"), 32)
        if digest is None:
            parser.error("--digest is not a SHA-256")
    try:
        trust = Trust(pathlib.Path(options.trust).read_bytes())
        view = View(Snapshot(pathlib.Path(options.snapshot).read_bytes()), live=False)
        data = pathlib.Path(options.file).read_bytes()
    except (Refused, OSError) as fault:
        print(fault, file=sys.stderr)
        return 1
    report = Verification(data, trust, view, now, digest).report()
    print(json.dumps(report, indent=2))
    return report["exit"]


if __name__ == "__main__":
    sys.exit(main())
