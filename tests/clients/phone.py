"""A small phone, written from docs/PROTOCOL.md alone: a second opinion on what that document says.

Keeps everything in one folder (`phone.db` and `files/`); each step that has to be remembered is one durable
transaction, so it may be killed at any point and go on. Promises to throw nothing away before the server's receipt.
Never invents a state of its own for something that the server has decided. It does not judge reports before it
queues them, and has no screens.
"""

import base64
import datetime
import gzip
import hashlib
import json
import pathlib
import random
import secrets
import sqlite3
import time
import uuid

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

TABLES = """
CREATE TABLE IF NOT EXISTS note (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS outbox (n INTEGER PRIMARY KEY, id TEXT UNIQUE, text TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'saved', outcome TEXT, settled_at REAL, seen INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS staged (place INTEGER PRIMARY KEY, change TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS member (channel TEXT, item TEXT, rev TEXT NOT NULL, PRIMARY KEY (channel, item));
CREATE TABLE IF NOT EXISTS item (item TEXT PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS file (sha256 TEXT PRIMARY KEY, media_type TEXT NOT NULL, size INTEGER NOT NULL,
    status TEXT NOT NULL DEFAULT 'saved', upload TEXT, problem TEXT, mismatches INTEGER NOT NULL DEFAULT 0);
"""
SETTLED = ("applied", "rejected", "conflict")
WEEK_S = 7 * 86400


class LinkBroken(Exception):
    """Nothing is known of what was sent: the same has to be sent again."""


class Refused(Exception):
    """A coded problem."""

    def __init__(self, problem):
        super().__init__(problem.get("type"), problem.get("detail"), problem.get("at"))
        self.code = problem["type"].removeprefix("urn:anfang:problem:")
        self.status = problem["status"]
        self.wait_s = problem.get("retry_after_s", 1)


def uuid7():
    ms = time.time_ns() // 1_000_000
    value = (ms << 80) | (7 << 76) | (secrets.randbits(12) << 64) | (2 << 62) | secrets.randbits(62)
    return str(uuid.UUID(int=value))


def now():
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds(rfc3339):
    return datetime.datetime.fromisoformat(rfc3339).timestamp()


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def share(item, rev):
    return int.from_bytes(hashlib.sha256(f"{item}:{rev}".encode()).digest()[:8])


class Phone:
    def __init__(self, home, server, chunk_bytes=1 << 18):
        self.home = pathlib.Path(home)
        (self.home / "files").mkdir(parents=True, exist_ok=True)
        self.db = sqlite3.connect(self.home / "phone.db", isolation_level=None)
        self.db.execute("PRAGMA synchronous=FULL")
        self.db.executescript(TABLES)
        self.server = server.rstrip("/")
        self.http = httpx.Client(timeout=15, headers={"accept-encoding": "gzip"})
        self.chunk_bytes = chunk_bytes
        self.sent_bytes = 0
        self.faults = []

    # What has to be remembered

    def note(self, name, default=None):
        row = self.db.execute("SELECT value FROM note WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else default

    def keep(self, **values):
        """Part of a transaction where one is open; durable by itself else."""
        for name, value in values.items():
            self.db.execute("INSERT OR REPLACE INTO note VALUES (?, ?)", (name, json.dumps(value)))

    def transaction(self):
        self.db.execute("BEGIN IMMEDIATE")
        return self.db  # `with` commits or rolls back

    # The link

    def call(self, method, path, body=None, signed=True, headers=None, content=None):
        """One request; refreshes the sign-in where that helps. 429 and 5xx become LinkBroken: the same again, later."""
        for attempt in (1, 2):
            sent = dict(headers or {})
            if signed:
                sent["authorization"] = f"Bearer {self.note('tokens')['access_token']}"
            data = content
            if body is not None:
                sent["content-type"] = "application/json"
                data = json.dumps(body, ensure_ascii=False).encode() if not isinstance(body, bytes) else body
                if len(data) > 1024:
                    data, sent["content-encoding"] = gzip.compress(data), "gzip"
            try:
                answer = self.http.request(method, self.server + path, content=data, headers=sent)
            except httpx.HTTPError as error:
                raise LinkBroken(repr(error)) from error
            self.sent_bytes += len(data or b"")
            if answer.is_success:
                return answer
            if method == "HEAD":
                raise Refused({"type": "", "status": answer.status_code})
            if not answer.headers.get("content-type", "").startswith("application/problem+json"):
                raise LinkBroken(f"{answer.status_code} without a problem")
            refused = Refused(answer.json())
            if refused.status == 429 or refused.status >= 500:
                raise LinkBroken(refused.code) from refused
            if signed and attempt == 1 and refused.code == "token_invalid":
                self.refresh()
                continue
            raise refused

    # Signing in (§ 4)

    def proof(self, key, purpose, **claims):
        header = json.dumps({"typ": "anfang-proof+jwt", "alg": "EdDSA"}).encode()
        payload = json.dumps({"purpose": purpose, "jti": uuid7(), **claims}).encode()
        signed = f"{b64(header)}.{b64(payload)}"
        return f"{signed}.{b64(key.sign(signed.encode()))}"

    def key(self):
        raw = self.note("key")
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(raw)) if raw else None

    def new_key(self):
        raw = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
        )
        self.keep(key=raw.hex(), device=None)  # On stable storage before it is used.

    def sign_in(self, login, password, jurisdiction=None):
        """Signs in; enrols the first time, and anew where the old key is not taken any more."""
        if not self.key():
            self.new_key()
        about = {"login": login, "password": password} | ({"jurisdiction": jurisdiction} if jurisdiction else {})
        if self.note("device"):
            device = {"device_id": self.note("device"), "proof": self.proof(self.key(), "sign_in", challenge=self.challenge())}
            try:
                self.take_tokens(self.call("POST", "/v1/sessions", about | {"device": device}, signed=False).json())
                return
            except Refused as refused:
                if refused.code not in ("device_revoked", "proof_invalid"):
                    raise
                self.new_key()
        challenge = self.challenge()
        bare = self.call("POST", "/v1/sessions", about, signed=False).json()
        public = self.key().public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        device = {
            "name": "python", "platform": "python", "protocol": 1, "capabilities": ["sync", "digests", "tus", "gzip"],
            "public_key": {"kty": "OKP", "crv": "Ed25519", "x": b64(public)},
            "proof": self.proof(self.key(), "enrol", challenge=challenge),
        }
        bearer = {"authorization": f"Bearer {bare['access_token']}"}
        try:
            tokens = self.call("POST", "/v1/devices", device, signed=False, headers=bearer).json()
        except Refused as refused:
            if refused.code == "device_revoked":
                self.new_key()
            raise
        self.take_tokens(tokens)

    def challenge(self):
        return self.call("GET", "/v1/capabilities", signed=False).json()["challenge"]

    def take_tokens(self, tokens):
        with self.transaction():
            self.keep(tokens=tokens, refresh=None, device=tokens["device_id"], server_seen=tokens["server_time"])

    def refresh(self):
        """The request is written down before it goes out: a lost answer has to be asked for with the very same one."""
        if not self.note("refresh"):
            token = self.note("tokens")["refresh_token"]
            digest = hashlib.sha256(token.encode("ascii")).hexdigest()
            proof = self.proof(self.key(), "refresh", token_sha256=digest)
            self.keep(refresh={"refresh_token": token, "proof": proof})
        self.take_tokens(self.call("POST", "/v1/sessions/refresh", self.note("refresh"), signed=False).json())

    # Commands (§ 6)

    def clock(self):
        boot = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8]
        reading = {"wall": now(), "uptime_ms": int(time.clock_gettime(time.CLOCK_BOOTTIME) * 1000), "boot": boot}
        return reading | ({"server_seen": self.note("server_seen")} if self.note("server_seen") else {})

    def give(self, kind, body, after=None, photos=()):
        """Queues a command with its files, in one durable step; returns its id. Needs no link."""
        for data, _ in photos:
            name = hashlib.sha256(data).hexdigest()
            part = self.home / "files" / f"{name}.part"
            part.write_bytes(data)
            part.rename(self.home / "files" / name)
        with self.transaction():
            n = self.note("n", 0) + 1
            command = {"n": n, "id": uuid7(), "type": kind, "at": now(), "clock": self.clock(), "body": body}
            if after:
                command["after"] = after
            text = json.dumps(command, ensure_ascii=False)
            self.db.execute("INSERT INTO outbox (n, id, text) VALUES (?, ?, ?)", (n, command["id"], text))
            for data, media_type in photos:
                row = (hashlib.sha256(data).hexdigest(), media_type, len(data))
                self.db.execute("INSERT OR IGNORE INTO file (sha256, media_type, size) VALUES (?, ?, ?)", row)
            self.keep(n=n)
        return command["id"]

    def waiting(self, limit, limit_bytes=1 << 20):
        """Texts of commands to send, in order. What follows a refused one waits for a person."""
        texts, total = [], 0
        for (text,) in self.db.execute("SELECT text FROM outbox WHERE status IN ('saved', 'retry', 'blocked') ORDER BY n"):
            total += len(text.encode())
            if len(texts) == limit or (texts and total > limit_bytes):
                break
            texts.append(text)
        return texts

    def acknowledged(self):
        row = self.db.execute(f"SELECT min(n) FROM outbox WHERE status NOT IN {SETTLED + ('stuck',)}").fetchone()
        return row[0] - 1 if row[0] else self.note("n", 0)

    # The exchange (§§ 5, 7, 8)

    def sync_once(self, commands=50, page_bytes=65536, digests=False):
        """One round trip, kept in one durable write. True: there is more to do at once."""
        texts = self.waiting(commands)
        request = {
            "cursor": self.note("cursor"), "ack_through": self.acknowledged(), "limit_bytes": page_bytes,
            "clock": self.clock(), "digests": digests, "resync": self.note("resync", []), "waiting_for": self.note("written_through"),
        }
        # Commands go out as the texts that they were given as.
        head = json.dumps(request)[:-1]
        body = f'{head}, "commands": [{", ".join(texts)}]}}'.encode()
        answer = self.call("POST", "/v1/sync", body).json()
        with self.transaction():
            settled = self.take_outcomes([json.loads(text) for text in texts], answer)
            coming = sorted({*self.note("coming", []), *request["resync"]})
            self.keep(server_seen=answer["server_time"], cursor=answer["cursor"], resync=[], coming=coming)
            if answer.get("resync"):
                self.take_resync(answer)
                return True
            self.stage(answer.get("changes", []))
            if answer.get("more"):
                return True
            self.publish(answer)
            if digests:
                self.compare(answer.get("digests", {}), fault=True)
        return settled or bool(self.note("resync", []))

    def take_outcomes(self, commands, answer):
        outcomes = answer.get("outcomes", [])
        assert len(outcomes) == len(commands), "one outcome for each command"
        settled, at = False, seconds(answer["server_time"])
        for command, outcome in zip(commands, outcomes):
            status = outcome["status"] if outcome["status"] in (*SETTLED, "blocked") else "retry"
            assert outcome.get("id") in (command["id"], None), "in the same order"
            code = outcome.get("problem", {}).get("type", "").rsplit(":", 1)[-1]
            if outcome.get("id") is None or (code == "predecessor_refused" and self.refused(command.get("after"))):
                status = "stuck"  # It would stay so for ever.
            row = (status, json.dumps(outcome), at if status in SETTLED else None, command["n"])
            self.db.execute("UPDATE outbox SET status = ?, outcome = ?, settled_at = ? WHERE n = ?", row)
            settled = settled or status in (*SETTLED, "stuck")
        if answer.get("written_through"):
            self.keep(written_through=answer["written_through"])
        return settled

    def refused(self, command_id):
        row = self.db.execute("SELECT status FROM outbox WHERE id = ?", (command_id,)).fetchone()
        return bool(row) and row[0] in ("rejected", "conflict", "stuck")

    def stage(self, changes):
        bodies = {}
        for change in changes:
            if "put" in change:
                channel, item = change["put"]
                if "body" in change:
                    bodies[item] = change
                elif item in bodies:
                    change = {**bodies[item], "put": change["put"], "rev": change["rev"]}
                else:
                    self.ask_again([channel], "a put without a body")
                    continue
            self.db.execute("INSERT INTO staged (change) VALUES (?)", (json.dumps(change),))

    def publish(self, answer):
        for (text,) in self.db.execute("SELECT change FROM staged ORDER BY place").fetchall():
            change = json.loads(text)
            if "drop" in change:
                self.db.execute("DELETE FROM member WHERE channel = ?", (change["drop"],))
            elif "gone" in change:
                self.db.execute("DELETE FROM member WHERE channel = ? AND item = ?", change["gone"])
            elif "put" in change:
                channel, item = change["put"]
                self.db.execute("INSERT OR REPLACE INTO member VALUES (?, ?, ?)", (channel, item, change["rev"]))
                self.db.execute("INSERT OR REPLACE INTO item VALUES (?, ?, ?)", (item, change["kind"], json.dumps(change["body"])))
            else:
                self.faults.append(f"unknown step {sorted(change)}")
        self.db.execute("DELETE FROM staged")
        self.keep(coming=[])
        self.forget_homeless()
        if answer.get("arrived"):
            self.db.execute("UPDATE outbox SET seen = 1 WHERE status = 'applied'")
            self.keep(written_through=None)

    def forget_homeless(self):
        self.db.execute("DELETE FROM item WHERE item NOT IN (SELECT item FROM member)")

    # Digests and resync (§§ 9, 10)

    def digests(self):
        sums = {}
        for channel, item, rev in self.db.execute("SELECT channel, item, rev FROM member"):
            count, xor = sums.get(channel, (0, 0))
            sums[channel] = (count + 1, xor ^ share(item, rev))
        return {channel: {"count": count, "xor": f"{xor:016x}"} for channel, (count, xor) in sums.items()}

    def compare(self, told, fault):
        mine, empty = self.digests(), {"count": 0, "xor": "0" * 16}
        for channel in mine.keys() - told.keys():
            self.db.execute("DELETE FROM member WHERE channel = ?", (channel,))
            if fault:
                self.faults.append(f"{channel} is not mine")
        self.forget_homeless()
        differ = [channel for channel in told if mine.get(channel, empty) != told[channel]]
        self.ask_again(differ, "digests differ" if fault else None)

    def ask_again(self, channels, fault):
        self.keep(resync=sorted({*self.note("resync", []), *channels}))
        if fault and channels:
            self.faults.append(f"{fault}: {channels}")

    def take_resync(self, answer):
        self.db.execute("DELETE FROM staged")
        self.ask_again(sorted({*self.note("coming", [])} & answer["digests"].keys()), None)
        self.keep(coming=[])
        self.compare(answer["digests"], fault=False)
        floor = seconds(answer["server_time"]) - WEEK_S
        self.db.execute(f"UPDATE outbox SET status = 'saved', seen = 0 WHERE status IN {SETTLED} AND settled_at > ?", (floor,))
        self.db.execute("UPDATE file SET status = 'saved' WHERE status = 'received'")

    # Files (§ 14)

    def send_files(self):
        """Declares all that has no receipt yet, sends what is wanted. True: all have one, or were refused for good."""
        rows = self.db.execute("SELECT sha256, size, media_type FROM file WHERE status = 'saved' LIMIT 100").fetchall()
        if not rows:
            return True
        declared = {"blobs": [dict(zip(("sha256", "size", "media_type"), row)) for row in rows]}
        for (name, size, _), told in zip(rows, self.call("POST", "/v1/blobs", declared).json()["blobs"]):
            assert told["sha256"] == name, "in the same order"
            if told["status"] == "have":
                self.file_is(name, "received")
            elif told["status"] == "refused":
                code = told["problem"]["type"].rsplit(":", 1)[-1]
                self.file_is(name, "saved" if told["problem"]["status"] == 429 else "refused", code)
            else:
                self.send_file(name, size, told["upload"], told["offset"])
        return False

    def send_file(self, name, size, upload, offset):
        with (self.home / "files" / name).open("rb") as file:
            while offset < size:
                file.seek(offset)
                headers = {"tus-resumable": "1.0.0", "content-type": "application/offset+octet-stream", "upload-offset": str(offset)}
                part = file.read(self.chunk_bytes)
                headers["upload-checksum"] = "sha256 " + base64.b64encode(hashlib.sha256(part).digest()).decode()
                try:
                    offset = int(self.call("PATCH", upload, headers=headers, content=part).headers["upload-offset"])
                except Refused as refused:
                    if refused.code in ("offset_wrong", "lease_lost"):
                        head = self.call("HEAD", upload, headers={"tus-resumable": "1.0.0"})
                        offset = int(head.headers["upload-offset"])
                    elif refused.code == "checksum_mismatch":
                        continue
                    elif refused.code == "hash_mismatch":
                        tries = "UPDATE file SET mismatches = mismatches + 1 WHERE sha256 = ? RETURNING mismatches"
                        if self.db.execute(tries, (name,)).fetchone()[0] >= 3:
                            self.file_is(name, "refused", refused.code)
                        return
                    elif refused.status in (404, 410):
                        return  # Declare again.
                    else:
                        self.file_is(name, "refused", refused.code)
                        return
        self.file_is(name, "received")

    def file_is(self, name, status, code=None):
        self.db.execute("UPDATE file SET status = ?, problem = ? WHERE sha256 = ?", (status, code, name))

    # All of it

    def sync(self, seconds=60, rng=random, digests=True):
        """The loop of a client until all is done; False when the time was up. Raises Refused when a person is needed."""
        end, wait = time.monotonic() + seconds, 0.02
        commands = 50
        while time.monotonic() < end:
            try:
                while self.sync_once(commands, page_bytes=rng.choice([1024, 8192, 65536]), digests=digests):
                    pass
                if self.send_files() and not self.waiting(1):
                    return True
                wait = 0.02
            except LinkBroken:
                commands = max(1, commands // 2)
                time.sleep(rng.uniform(wait / 2, wait))
                wait = min(wait * 2, 1)
        return False

    def items(self, kind):
        rows = self.db.execute("SELECT item, body FROM item WHERE kind = ?", (kind,))
        return {item: json.loads(body) for item, body in rows}

    def outbox(self):
        rows = self.db.execute("SELECT id, status, outcome FROM outbox ORDER BY n")
        return [(i, status, json.loads(outcome) if outcome else None) for i, status, outcome in rows]

    def files(self):
        return dict(self.db.execute("SELECT sha256, status FROM file"))
