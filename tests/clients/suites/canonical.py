"""The canonical form of a command (RFC 8785): what rfc8785 and canonicalize say, held against the server.

Promises: a command written in any equal spelling (order of keys, white space, escapes, forms of numbers) is the same
command: the same outcome comes back. Any other value under its id is `id_reused`. The digests that the server keeps
are those of both libraries, read from its database at the end. Frozen samples are computed by both, too.
"""

import copy
import hashlib
import json
import math
import random
import subprocess
from decimal import Decimal

import hypothesis
import rfc8785
from hypothesis import strategies as st

import house as installation
from phone import Phone, now, uuid7
from report import Suite

NODE = installation.REPOSITORY / "tests/clients/node"
SAMPLES = installation.REPOSITORY / "protocol/examples/v1"

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
NUMBER = st.one_of(
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.0, -0.0, 5e-324, 1.7976931348623157e308, 1e21, 1e-7, 123456789012345680.0, 333333333.3333333, 9007199254740991]),
)
LEAF = st.one_of(st.none(), st.booleans(), NUMBER, TEXT)
ANYTHING = st.recursive(LEAF, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=12)


class Other:
    """The other library, in a process of its own."""

    def __init__(self):
        self.process = subprocess.Popen(["node", "canonical.mjs"], cwd=NODE, stdin=-1, stdout=-1, text=True)

    def say(self, value):
        self.process.stdin.write(json.dumps(value) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)


def spell_text(text, rng):
    out = []
    for character in text:
        code = ord(character)
        if code < 0x20 or character in '"\\' or rng.random() < 0.3:
            short = {'"': '\\"', "\\": "\\\\", "/": "\\/", "\n": "\\n", "\t": "\\t", "\b": "\\b", "\f": "\\f", "\r": "\\r"}.get(character)
            pair = character.encode("utf-16-be").hex()
            long = "".join("\\u" + "".join(rng.choice([d.lower(), d.upper()]) for d in pair[i : i + 4]) for i in range(0, len(pair), 4))
            out.append(short if short and rng.random() < 0.5 else long)
        else:
            out.append(character)
    return '"' + "".join(out) + '"'


def spell_number(value, rng):
    exact = Decimal(value)
    if exact == 0:
        return rng.choice(["0", "-0", "0.0", "-0.0e5", "0e-10"])
    forms = [repr(value), f"{exact:e}", f"{exact:E}", f"{exact:e}".replace("e+", "e")]
    if abs(exact.adjusted()) < 60:
        forms += [f"{exact:f}", f"{exact:f}" + (".000" if exact == exact.to_integral() and "." not in f"{exact:f}" else "")]
    return rng.choice(forms)


def spell(value, rng, typed=False):
    """One of the many ways to write a value. `typed` fields keep their plain numbers."""
    space = lambda: rng.choice(["", "", " ", "\n", "\t \r\n"])
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, str):
        return spell_text(value, rng)
    if isinstance(value, (int, float)):
        return str(value) if typed else spell_number(value, rng)
    if isinstance(value, list):
        return "[" + ",".join(space() + spell(v, rng) + space() for v in value) + "]"
    pairs = list(value.items())
    rng.shuffle(pairs)
    parts = [space() + spell_text(k, rng) + space() + ":" + space() + spell(v, rng, k == "n") + space() for k, v in pairs]
    return "{" + ",".join(parts) + "}"


def change(value, rng):
    """Another value, by one leaf."""
    if isinstance(value, dict) and value and rng.random() < 0.8:
        key = rng.choice(list(value))
        return {**value, key: change(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.8:
        at = rng.randrange(len(value))
        return [*value[:at], change(value[at], rng), *value[at + 1 :]]
    if isinstance(value, float) and math.isfinite(math.nextafter(value, math.inf)) and value != 0:
        return math.nextafter(value, math.inf)
    return [value]


class Desk:
    """Pushes texts of commands and hears outcomes."""

    def __init__(self, house, suite):
        self.suite, self.n, self.digests = suite, 0, {}
        self.phones = [Phone(house.folder / "canonical", base) for base in (house.base, house.other)]
        self.phones[0].sign_in("inspector", installation.PASSWORD)
        self.phones[0].sync()
        self.site = next(iter(self.phones[0].items("site").values()))["site_id"]

    def command(self, anything):
        self.n += 1
        body = {"inspection_id": uuid7(), "site_id": self.site, "arrival": {"at": now()}, "departure": {"at": now()}, "later": anything}
        return {"n": self.n, "id": uuid7(), "type": "inspection.submit", "at": now(), "later": anything, "body": body}

    def push(self, texts, phone):
        self.suite.count("commands sent", len(texts))
        outcomes = []
        for at in range(0, len(texts), 100):
            body = f'{{"pull": false, "commands": [{",".join(texts[at : at + 100])}]}}'.encode()
            outcomes += phone.call("POST", "/v1/sync", body).json()["outcomes"]
        return outcomes


def try_one(desk, other, anything, rng):
    command = desk.command(anything)
    mine, theirs = rfc8785.dumps(command).decode(), other.say(command)
    assert mine == theirs["canonical"], "the two libraries agree"
    desk.digests[command["id"]] = theirs["sha256"]
    spellings = [mine, theirs["written"], json.dumps(command), json.dumps(command, ensure_ascii=False, indent=2)]
    spellings += [spell(command, rng) for _ in range(4)]
    rng.shuffle(spellings)
    first, *again = desk.push(spellings, rng.choice(desk.phones))
    assert first["status"] == "applied", (first, spellings[0])
    for spelling, outcome in zip(spellings[1:], again):
        assert outcome == first, (outcome, spellings[0], spelling)
    desk.suite.count("spellings", len(spellings))
    changed = copy.deepcopy(command)
    changed["later"] = change(anything, rng)
    reused, last = desk.push([spell(changed, rng), mine], rng.choice(desk.phones))
    code = reused.get("problem", {}).get("type")
    assert (reused["status"], code) == ("rejected", "urn:anfang:problem:id_reused"), (reused, changed)
    assert last == first, last
    desk.suite.count("changes refused")


def frozen(suite, other):
    """The samples that come with the protocol."""
    for file in sorted(SAMPLES.rglob("*.json")):
        sample = json.loads(file.read_text())
        if sample["as"] == "canonical":
            value, wanted = json.loads(sample["text"]), sample["message"]["sha256"]
            suite.check(rfc8785.dumps(value).decode() == sample["message"]["canonical"], f"{file.name}: canonical form")
        elif sample["as"] == "command" and "sha256" in sample:
            value, wanted = sample["message"], sample["sha256"]
        else:
            continue
        suite.count("samples")
        for sha in (hashlib.sha256(rfc8785.dumps(value)).hexdigest(), other.say(value)["sha256"]):
            suite.check(sha == wanted, f"{file.name}: {sha}")


def kept(suite, house, desk):
    """What the server keeps, beside what both libraries say."""
    url = (house.data / "postgres.url").read_text().strip()
    query = "SELECT command_id, encode(digest, 'hex') FROM commands"
    told = subprocess.run(["psql", "-AtqF", " ", "-c", query, url], capture_output=True, text=True, check=True).stdout
    digests = dict(line.split() for line in told.splitlines())
    wrong = [i for i, sha in desk.digests.items() if digests.get(i) != sha]
    suite.count("digests compared", len(desk.digests))
    suite.check(not wrong, f"{len(wrong)} digests in the database are not those of the libraries, {wrong[:3]}")


def run(house, long, seed):
    with Suite("canonical") as suite:
        other = Other()
        frozen(suite, other)
        suite.check(suite.figures["samples"] >= 5, "hardly any samples were found")
        desk = Desk(house, suite)

        @hypothesis.seed(seed)
        @hypothesis.settings(max_examples=5000 if long else 150, database=None, deadline=None, suppress_health_check=list(hypothesis.HealthCheck))
        @hypothesis.given(ANYTHING, st.integers(0, 2**32))
        def property_(anything, chance):
            try_one(desk, other, anything, random.Random(chance))

        try:
            property_()
        except AssertionError as error:
            suite.fault(f"{error}\n" + "\n".join(getattr(error, "__notes__", [])))
        kept(suite, house, desk)
        other.close()
