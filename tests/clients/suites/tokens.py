"""Signed texts by jose (npm) and joserfc (PyPI): a device's proofs, and what a forger would make with them.

Promises: with either library, with both kinds of keys, a device enrols, signs in and refreshes; the frozen proof
comes out byte for byte. Every forged proof and access token is a 401, and does the real one no harm.
"""

import base64
import hashlib
import json
import subprocess
import warnings

import httpx
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, OKPKey

import house as installation
from phone import b64, uuid7
from report import Suite

# It calls EdDSA and none deprecated. The first is what the protocol says, the second is the forger's.
warnings.filterwarnings("ignore", module="joserfc")

NODE = installation.REPOSITORY / "tests/clients/node"
SAMPLES = installation.REPOSITORY / "protocol/examples/v1/auth"
TYPE = "anfang-proof+jwt"


class Joserfc:
    name = "joserfc"

    def key(self, alg):
        key = OKPKey.generate_key("Ed25519") if alg == "EdDSA" else ECKey.generate_key("P-256")
        strip = lambda jwk: {name: value for name, value in jwk.items() if name in ("kty", "crv", "x", "y", "d")}
        return strip(key.as_dict(private=False)), strip(key.as_dict(private=True))

    def sign(self, header, payload, key):
        kinds = {"OKP": OKPKey, "EC": ECKey, "oct": OctKey}
        registry = jws.JWSRegistry(algorithms=[header["alg"]], strict_check_header=False)
        return jws.serialize_compact(header, payload.encode(), kinds[key["kty"]].import_key(key), registry=registry)

    def none(self, payload):
        return jws.serialize_compact({"alg": "none"}, payload.encode(), OctKey.import_key("a" * 32), algorithms=["none"])

    def close(self):
        pass


class Jose:
    name = "jose"

    def __init__(self):
        self.process = subprocess.Popen(["node", "tokens.mjs"], cwd=NODE, stdin=-1, stdout=-1, text=True)

    def ask(self, **question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(f"jose: {answer['error']}")
        return answer

    def key(self, alg):
        told = self.ask(ask="key", alg=alg)
        return told["public"], told["private"]

    def sign(self, header, payload, key):
        return self.ask(ask="sign", header=header, payload=payload, key=key)["text"]

    def none(self, payload):
        return self.ask(ask="none", payload=payload)["text"]

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)


def code(answer):
    return answer.json().get("type", "").rsplit(":", 1)[-1] if answer.headers.get("content-type", "").startswith("application/") else ""


class Device:
    """One device of one library's making."""

    def __init__(self, suite, base, library, alg):
        self.suite, self.library, self.alg = suite, library, alg
        self.http = httpx.Client(base_url=base)
        self.public, self.private = library.key(alg)
        self.account = {"login": "inspector", "password": installation.PASSWORD}

    def claims(self, purpose, **more):
        return json.dumps({"purpose": purpose, "jti": uuid7(), **more})

    def proof(self, purpose, **more):
        return self.library.sign({"typ": TYPE, "alg": self.alg}, self.claims(purpose, **more), self.private)

    def challenge(self):
        return self.http.get("/v1/capabilities").json()["challenge"]

    def enrolment(self, proof):
        return {"name": "n", "platform": "p", "protocol": 1, "capabilities": [], "public_key": self.public, "proof": proof}

    def live(self):
        """Enrols, signs in, refreshes; at each step all forgeries first."""
        bare = self.http.post("/v1/sessions", json=self.account).json()
        headers = {"authorization": f"Bearer {bare['access_token']}"}
        challenge = {"challenge": self.challenge()}

        def enrol(proof):
            return self.http.post("/v1/devices", json=self.enrolment(proof), headers=headers)

        def sign_in(proof):
            return self.http.post("/v1/sessions", json=self.account | {"device": {"device_id": tokens["device_id"], "proof": proof}})

        def refresh(proof):
            return self.http.post("/v1/sessions/refresh", json={"refresh_token": tokens["refresh_token"], "proof": proof})

        tokens = self.step("enrol", challenge, enrol)
        tokens = self.step("sign_in", challenge, sign_in)
        digest = hashlib.sha256(tokens["refresh_token"].encode()).hexdigest()
        tokens = self.step("refresh", {"token_sha256": digest}, refresh)
        me = self.http.get("/v1/me", headers={"authorization": f"Bearer {tokens['access_token']}"})
        self.suite.check(me.status_code == 200, f"{self.library.name} {self.alg}: /v1/me {me.status_code}")
        return tokens

    def step(self, purpose, over, send):
        for what, proof in self.forged_proofs(purpose, over):
            answer = send(proof)
            self.suite.count("forged proofs")
            self.suite.check(
                (answer.status_code, code(answer)) == (401, "proof_invalid"),
                f"{self.library.name} {self.alg} {purpose}, {what}: {answer.status_code} {answer.text[:200]}",
            )
        answer = send(self.proof(purpose, **over))
        self.suite.count("proofs")
        self.suite.check(answer.status_code == 200, f"{self.library.name} {self.alg} {purpose}: {answer.status_code} {answer.text[:200]}")
        return answer.json()

    def forged_proofs(self, purpose, over):
        sign, good = self.library.sign, {"typ": TYPE, "alg": self.alg}
        claims = self.claims(purpose, **over)
        _, stranger = self.library.key(self.alg)
        other = "ES256" if self.alg == "EdDSA" else "EdDSA"
        yield "another key", sign(good, claims, stranger)
        yield "another kind of key", sign({"typ": TYPE, "alg": other}, claims, self.library.key(other)[1])
        yield "alg none", self.library.none(claims)
        unsigned = b64(json.dumps({"typ": TYPE, "alg": "none"}).encode()) + "." + b64(claims.encode()) + "."
        yield "alg none with the right type", unsigned
        public = {"kty": "oct", "k": self.public["x"]}
        yield "HS256 with the public key", sign({"typ": TYPE, "alg": "HS256"}, claims, public)
        yield "another type", sign({"typ": "JWT", "alg": self.alg}, claims, self.private)
        yield "no type", sign({"alg": self.alg}, claims, self.private)
        yield "a kid that is a path", sign({**good, "kid": "../../../../dev/null"}, claims, self.private)
        yield "a key of its own in the header", sign({**good, "jwk": self.library.key(self.alg)[0]}, claims, stranger)
        yield "another purpose", sign(good, self.claims("refresh" if purpose != "refresh" else "enrol", **over), self.private)
        yield "nothing that it is over", sign(good, self.claims(purpose), self.private)
        wrong = {name: "ab" * 32 for name in over}
        yield "over something else", sign(good, self.claims(purpose, **wrong), self.private)
        yield "jti is no UUID", sign(good, json.dumps({**json.loads(claims), "jti": 7}), self.private)
        signed = sign(good, claims, self.private)
        yield "cut short", signed[:-8]
        yield "too long", sign(good, self.claims(purpose, **over, padding="x" * 2048), self.private)
        head, _, tail = signed.split(".")
        yield "another payload under the signature", f"{head}.{b64(self.claims(purpose, **over).encode())}.{tail}"


def server_key(house):
    """The public half of the server's own key, which a forger may well know."""
    url = (house.data / "postgres.url").read_text().strip()
    query = "SELECT encode(public_key, 'hex') FROM signing_keys LIMIT 1"
    return bytes.fromhex(subprocess.run(["psql", "-Atqc", query, url], capture_output=True, text=True, check=True).stdout.strip())


def forged_access(library, token, public):
    """Access tokens of a forger who has seen a real one, and knows the server's public key."""
    head, payload, tail = token.split(".")
    pad = lambda part: json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    header, claims = pad(head), pad(payload)
    alg = header["alg"]
    own_public, own = library.key(alg)
    text = json.dumps(claims)

    def sign(change_header=None, change_claims=None, key=own):
        body = {**claims, **(change_claims or {})}
        return library.sign({**header, **(change_header or {})}, json.dumps(body), key)

    yield "another key", sign()
    yield "alg none", library.none(text)
    yield "alg none, the real header", b64(json.dumps({**header, "alg": "none"}).encode()) + f".{payload}."
    for k in (public, public.hex().encode()):
        yield "HS256 with the public key", sign({"alg": "HS256"}, key={"kty": "oct", "k": b64(k)})
    yield "another audience", sign(change_claims={"aud": "other"})
    yield "expired", sign(change_claims={"exp": 1})
    yield "exp as text", sign(change_claims={"exp": "9999999999"})
    yield "never expires", sign(change_claims={"exp": 99999999999})
    yield "kid is a path", sign({"kid": "../../../../dev/null"})
    yield "kid is SQL", sign({"kid": "' OR 1=1 --"})
    yield "kid is a path, HS256 with nothing behind it", sign({"alg": "HS256", "kid": "/dev/null"}, key={"kty": "oct", "k": b64(b"\0" * 32)})
    yield "its own key in the header", sign({"jwk": own_public})
    yield "its own keys elsewhere", sign({"jku": "http://127.0.0.1:1/keys"})
    yield "another type", sign({"typ": "JWT"})
    yield "another's claims under the real signature", f"{head}.{b64(json.dumps({**claims, 'sub': claims['sid']}).encode())}.{tail}"
    yield "no signature", f"{head}.{payload}."
    flipped = "B" if tail[10] != "B" else "C"
    yield "one letter of the signature", f"{head}.{payload}.{tail[:10]}{flipped}{tail[11:]}"


def forgeries(suite, house, library, token):
    public = server_key(house)
    for what, forged in forged_access(library, token, public):
        for base in (house.base, house.other):
            for method, path in (("GET", "/v1/me"), ("POST", "/v1/sync"), ("GET", "/v1/areas")):
                answer = httpx.request(method, base + path, headers={"authorization": f"Bearer {forged}"}, json={} if method == "POST" else None)
                suite.count("forged tokens")
                suite.check(answer.status_code == 401, f"{library.name}, {what}, {path}: {answer.status_code} {answer.text[:200]}")


def frozen(suite, library):
    """Ed25519 is deterministic, and the libraries write what they are given: the samples come out byte for byte."""
    for file in sorted(SAMPLES.glob("proof_*.json")):
        sample = json.loads(file.read_text())
        head, payload, _ = sample["proof"].split(".")
        pad = lambda part: base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        key = sample["public_key"] | {"d": b64(bytes.fromhex(sample["private_key_hex"]))}
        text = library.sign(json.loads(pad(head)), pad(payload).decode(), key)
        suite.count("samples")
        suite.check(text == sample["proof"], f"{library.name} {file.name}: {text}")


def run(house, long, seed):
    with Suite("tokens") as suite:
        for library in (Joserfc(), Jose()):
            frozen(suite, library)
            for alg, base in (("EdDSA", house.base), ("ES256", house.other)):
                for _ in range(10 if long else 1):
                    tokens = Device(suite, base, library, alg).live()
            forgeries(suite, house, library, tokens["access_token"])
            library.close()
