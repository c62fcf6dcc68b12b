"""Two phones in Python and two of `anfang phone` in one county, over links that are cut, killed now and then.

Promises, once all is quiet: every command was applied once, nothing is lost or doubled, every file came whole, each
phone holds what its owner may see and nothing else, the two implementations hold the same, and digests agree. On the
way a grant is taken and given again, a device is revoked, and the database's epoch changes.
"""

import hashlib
import json
import multiprocessing
import random
import signal
import subprocess
import time

import httpx

import house as installation
from cutting import Link
from phone import LinkBroken, Phone, Refused, now, uuid7
from report import Suite
from suites.tus import picture

# A connection lives for this many bytes: a push and its page, or a piece of a photo.
LIVES = (500, 120_000)
FORK = multiprocessing.get_context("fork")


def _sync(home, base, seed):
    phone = Phone(home, base, chunk_bytes=1 << 15)
    try:
        phone.sync(seconds=30, rng=random.Random(seed))
    except Refused:
        pass  # The parent looks at it over a good link.


class Python:
    """A phone by phone.py, whose syncs run in a process of their own."""

    def __init__(self, house, login, rng):
        self.house, self.login, self.rng = house, login, rng
        self.home = house.folder / f"py-{login}"
        phone = self.open(house.base)
        phone.sign_in(login, installation.PASSWORD)
        assert phone.sync()
        self.codes = {site["code"]: site for site in phone.items("site").values()}
        self.given, self.last = {}, None

    def open(self, base):
        return Phone(self.home, base)

    def submit(self, photos):
        phone, rng = self.open(self.house.base), self.rng
        evidence = [
            {"evidence_id": uuid7(), "sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "media_type": "image/jpeg", "source": "camera"}
            for data in photos
        ]
        finding = {"finding_id": uuid7(), "severity": rng.choice(["general", "serious", "grave"]), "text": "屋顶漏雨", "evidence": [e["evidence_id"] for e in evidence]}
        body = {
            "inspection_id": uuid7(), "site_id": rng.choice(list(self.codes.values()))["site_id"], "evidence": evidence, "findings": [finding],
            "arrival": {"at": now(), "position": {"latitude": 34.0, "longitude": 104.0, "accuracy_m": 5}}, "departure": {"at": now()},
        }
        command = phone.give("inspection.submit", body, photos=[(data, "image/jpeg") for data in photos])
        self.given[body["inspection_id"]] = {"amendments": 0, "voided": False, "photos": photos, "last": command}

    def change(self):
        """Amends or voids one of its own, behind what it said before."""
        open_ = [i for i, facts in self.given.items() if not facts["voided"]]
        if not open_:
            return
        inspection, phone = self.rng.choice(open_), self.open(self.house.base)
        facts = self.given[inspection]
        if self.rng.random() < 0.3:
            facts["last"] = phone.give("inspection.void", {"inspection_id": inspection, "reason": "错了"}, after=facts["last"])
            facts["voided"] = True
        else:
            body = {"inspection_id": inspection, "reason": "补充", "notes": f"第 {facts['amendments']} 次"}
            facts["last"] = phone.give("inspection.amend", body, after=facts["last"])
            facts["amendments"] += 1

    def sync_badly(self, base):
        """Syncs in a process of its own, which is killed while it works."""
        worker = FORK.Process(target=_sync, args=(self.home, base, self.rng.random()))
        worker.start()
        worker.join(self.rng.uniform(0.02, 0.6))
        worker.kill()
        worker.join()

    def finish(self, suite):
        """Over a good link, as often as a person would press the button."""
        phone = self.open(self.rng.choice([self.house.base, self.house.other]))
        for _ in range(3):
            try:
                suite.check(phone.sync(60) and phone.sync(60), f"{self.login}: not done within 60 s")
                break
            except Refused as refused:
                suite.count(f"{refused.code} seen")
                phone.sign_in(self.login, installation.PASSWORD)
        suite.check(not phone.faults, lambda: f"{self.login}: {phone.faults}")
        return phone


class Cli:
    """A phone of `anfang phone`, from the same program as the server."""

    def __init__(self, house, login, rng):
        self.house, self.login, self.rng = house, login, rng
        self.home = house.folder / f"cli-{login}"
        self.run("sign-in", "--server", house.base, "--login", login)
        self.run("sync", "--until-done", "--seconds", "60")
        self.codes = [json.loads(line)["code"] for line in self.run("sites", "--json").stdout.splitlines()]
        self.given = {}

    def run(self, *arguments, check=True):
        return self.house.anfang("phone", "--home", self.home, *arguments, check=check, ANFANG_PASSWORD=installation.PASSWORD)

    def submit(self, photos):
        files = []
        for at, data in enumerate(photos):
            files.append(self.house.folder / f"{self.login}-{at}.jpg")
            files[-1].write_bytes(data)
        report = {
            "site": self.rng.choice(self.codes), "arrival": {"at": now(), "position": [34.0, 104.0], "accuracy_m": 5}, "departure": {"at": now()},
            "findings": [{"severity": "serious", "text": "屋顶漏雨", "photos": [file.name for file in files]}],
        }
        file = self.house.folder / f"{self.login}.json"
        file.write_text(json.dumps(report))
        photo_flags = [flag for photo in files for flag in ("--photo", photo)]
        told = self.run("record", file, *photo_flags).stdout
        inspection = json.loads(told)["inspection_id"] if told.lstrip().startswith("{") else None
        self.given[inspection or told] = {"amendments": 0, "voided": False, "photos": photos}

    def change(self):
        open_ = [i for i, facts in self.given.items() if not facts["voided"]]
        if open_ and self.rng.random() < 0.5:
            inspection = self.rng.choice(open_)
            self.run("void", inspection, "--reason", "错了")
            self.given[inspection]["voided"] = True

    def sync_badly(self, base):
        command = [installation.PROGRAM, "phone", "--home", self.home, "sync", "--via", base, "--until-done", "--seconds", "20", "--backoff-seconds", "1"]
        process = subprocess.Popen(command, env=self.house.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(self.rng.uniform(0.05, 0.8))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()

    def finish(self, suite):
        for _ in range(2):
            done = self.run("sync", "--until-done", "--seconds", "60", check=False)
            suite.check(done.returncode == 0, f"{self.login}: sync ended with {done.returncode}: {done.stdout[-300:]}{done.stderr[-300:]}")

    def shown(self, suite):
        listed = [json.loads(line) for line in self.run("list").stdout.splitlines()]
        suite.check(not any(shown["pending"] for shown in listed), f"{self.login} shows writes of its own that the feed has not told")
        return {shown["inspection"]["inspection_id"]: shown["inspection"] for shown in listed}


def read_model(phone):
    """What the same account is told without the feed."""
    there, after = {}, None
    while True:
        page = phone.call("GET", "/v1/inspections?limit=7" + (f"&after={after}" if after else "")).json()
        there |= {item["inspection_id"]: item for item in page["inspections"]}
        if not (after := page.get("next")):
            return there


def without_empty(value):
    if isinstance(value, dict):
        return {name: without_empty(v) for name, v in value.items() if v != []}
    return [without_empty(v) for v in value] if isinstance(value, list) else value


def day(house, rng, phones, suite, rounds):
    """Work and bad links, turn by turn, with an upset now and then."""
    stock = [picture(rng, rng.randint(1000, 200_000)) for _ in range(4)]
    upsets = [grant_lost, device_revoked, epoch_changed]
    links = [Link(base, seed=rng.random(), between=LIVES) for base in (house.base, house.other)]
    for round_ in range(rounds):
        for phone in rng.sample(phones, len(phones)):
            for _ in range(rng.randint(0, 2)):
                # The same bytes may be in several reports, of several people.
                photos = [rng.choice(stock) if rng.random() < 0.4 else picture(rng, rng.randint(1, 300_000)) for _ in range(rng.randint(0, 3))]
                phone.submit(list({hashlib.sha256(p).digest(): p for p in photos}.values()))
                suite.count("reports")
            phone.change()
            phone.sync_badly(rng.choice(links).base)
            suite.count("syncs killed or done")
        if round_ % 3 == 2:
            upsets[round_ // 3 % len(upsets)](house, phones, suite)
    suite.count("cuts", sum(link.cuts for link in links))
    for link in links:
        link.close()


def grant_lost(house, phones, suite):
    """The inspector's township is taken: not a byte of it stays; given back, all of it comes back."""
    inspector = next(p for p in phones if p.login == "inspector1")
    before = inspector.finish(suite)
    sites = before.items("site")
    grants = house.admin("grants", "--login", "inspector1")["grants"]
    house.admin("revoke-grant", "--grant", grants[0]["grant_id"])
    time.sleep(1)
    after = inspector.finish(suite)
    suite.check(not after.items("site"), f"{len(after.items('site'))} sites stayed after the grant was taken")
    house.grant("inspector1", "inspector", "101")
    time.sleep(1)
    suite.check(inspector.finish(suite).items("site") == sites, "the sites did not come back as they were")
    suite.count("grants taken and given")


def device_revoked(house, phones, suite):
    """A revoked device gets nothing more; its person enrols again, and the outbox is still there."""
    inspector = next(p for p in phones if p.login == "inspector1")
    inspector.submit([])
    suite.count("reports")
    phone = inspector.open(house.base)
    house.admin("revoke-device", "--device", phone.note("device"))
    time.sleep(1)
    try:
        phone.sync_once()
        suite.fault("a revoked device synced")
    except (Refused, LinkBroken) as error:
        suite.check(getattr(error, "code", "") in ("device_revoked", "token_invalid"), f"a revoked device heard {error!r}")
    suite.check(len(phone.waiting(1000)) > 0, "the outbox was lost with the device")
    phone.sign_in("inspector1", installation.PASSWORD)
    suite.count("devices revoked")


def epoch_changed(house, phones, suite):
    house.admin("new-epoch")
    suite.count("epochs")


def judge(house, phones, suite, before):
    """All is quiet: what each holds, beside what was done. `before`: inspections of other suites."""
    supervisor, inspector, cli, verifier = phones
    for _ in range(2):  # The second time brings what the first of the others sent.
        ends = {phone.login: phone.finish(suite) for phone in phones}
    wanted = {i: (facts, phone.login) for phone in phones for i, facts in phone.given.items()}
    county = ends["supervisor"].items("inspection")
    suite.check(before <= set(county), "what was there before is gone")
    everything = {i: item for i, item in county.items() if i not in before}
    suite.check(set(everything) == set(wanted), lambda: f"lost {set(wanted) - set(everything)}, extra {set(everything) - set(wanted)}")
    for inspection, (facts, login) in wanted.items():
        item = everything.get(inspection, {})
        told = (len(item.get("amendments", [])), "voided" in item, {e["sha256"]: e["status"] for e in item.get("evidence", [])})
        files = {hashlib.sha256(p).hexdigest(): "stored" for p in facts["photos"]}
        suite.check(told == (facts["amendments"], facts["voided"], files), lambda: f"{inspection} by {login}: {told}, given {facts['amendments'], facts['voided'], files}")
        for photo in facts["photos"]:
            sha = hashlib.sha256(photo).hexdigest()
            suite.check(ends["supervisor"].call("GET", f"/v1/blobs/{sha}").content == photo, f"{sha}: other bytes")
            suite.count("photos compared")
    for phone in (ends["supervisor"], ends["inspector1"]):
        statuses = [status for _, status, _ in phone.outbox()]
        suite.check(set(statuses) <= {"applied"}, f"{phone.home.name}: {statuses}")
        suite.count("commands applied", len(statuses))
        suite.check(set(phone.files().values()) <= {"received"}, f"{phone.home.name}: {phone.files()}")
        body = {"cursor": phone.note("cursor"), "digests": True, "clock": phone.clock()}
        told = {c: d for c, d in phone.call("POST", "/v1/sync", body).json()["digests"].items() if d["count"]}
        suite.check(phone.digests() == told, f"{phone.home.name}: digests {phone.digests()} {told}")
        suite.count("digests equal", len(told))
        model = read_model(phone)
        suite.check(set(model) == set(phone.items("inspection")), f"{phone.home.name}: the read model tells other inspections")
    own = set(ends["inspector1"].items("inspection")) - before
    suite.check(own == set(inspector.given), f"inspector1 sees {len(own)} inspections, made {len(inspector.given)}")
    # The two implementations, of people who see the same: all of the county, and only their own.
    shown = verifier.shown(suite)
    for inspection, item in everything.items():
        suite.check(without_empty(item) == item, lambda: f"{inspection}: empty lists are told, § 1 says they are left out: {item}")
    differ = {i: (shown.get(i), county.get(i)) for i in {*shown, *county} if without_empty(shown.get(i)) != without_empty(county.get(i))}
    suite.check(not differ, lambda: f"`anfang phone` and phone.py hold different things: {json.dumps(list(differ.values())[:2], ensure_ascii=False)}")
    suite.check(set(cli.shown(suite)) - before == set(cli.given), "inspector2 does not see exactly his own")
    suite.count("inspections held", len(everything))


def run(house, long, seed):
    with Suite("phones") as suite:
        rng = random.Random(f"phones {seed}")
        people = [(Python, "supervisor"), (Python, "inspector1"), (Cli, "inspector2"), (Cli, "verifier")]
        phones = [kind(house, login, random.Random(rng.random())) for kind, login in people]
        before = set(phones[0].open(house.base).items("inspection"))
        day(house, rng, phones, suite, 60 if long else 9)
        judge(house, phones, suite, before)
