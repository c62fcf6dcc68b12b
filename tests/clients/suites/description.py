"""schemathesis against /openapi.json: as every role, and without sign-in.

Promises: no 5xx, and no answer that the description does not describe (status, media type, headers, body). Each
difference is told once per operation, check and status, with a request that shows it.
"""

import base64
import hashlib
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import httpx

import house as installation
from phone import Phone, now, uuid7
from report import Suite

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,ignored_auth"
)
HERE = installation.REPOSITORY / "tests/clients"
# Who only exists to be revoked by another suite, or was thorough already.
SPARED = ("fleeting1", "fleeting2", "supervisor")
# An endless answer: looked at by hand, below.
ENDLESS = "/v1/sync/events"
# Answers 2xx, alone and in chains, by which a run shows that it was let in; nobody may read what is public.
TAKEN_AT_LEAST, TAKEN_FROM_NOBODY = (20, 2), (5, 0)


def real_ids(house):
    """Ids of things that there are, by the names that the description gives to parameters."""
    phone = Phone(house.folder / "ids", house.base)
    phone.sign_in("inspector", installation.PASSWORD)
    phone.sync()
    site = next(iter(phone.items("site").values()))
    data = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01 no picture"
    sha = hashlib.sha256(data).hexdigest()
    piece = {"evidence_id": uuid7(), "sha256": sha, "size": len(data), "media_type": "image/jpeg", "source": "camera"}
    body = {"inspection_id": uuid7(), "site_id": site["site_id"], "arrival": {"at": now()}, "departure": {"at": now()}, "evidence": [piece]}
    phone.give("inspection.submit", body, photos=[(data, "image/jpeg")])
    phone.sync()
    other = {"blobs": [{"sha256": "ab" * 32, "size": 10**6, "media_type": "image/jpeg"}]}
    upload = phone.call("POST", "/v1/blobs", other).json()["blobs"][0]["upload"].rsplit("/", 1)[-1]
    checklist = next(iter(phone.items("checklist").values()))
    areas = [area["area_id"] for area in phone.items("area").values()]
    things = [*areas[:2], site["site_id"], body["inspection_id"], checklist["checklist_id"]]
    return {
        "id": things, "area_id": areas, "site_id": [site["site_id"]], "sha256": [sha], "upload_id": [upload],
        "version": [1], "edge": [320, 1280], "limit": [1, 1000], "kind": ["household"], "q": ["张"],
    }


def fuzz(suite, house, login, ids, seed, amount, base):
    """One run of schemathesis as one person; its account of every scenario."""
    name = login or "nobody"
    out = house.folder / f"fuzz-{name}.ndjson"
    settings = {
        "house": base, "home": str(house.folder / f"fuzz-{name}"), "login": login, "password": installation.PASSWORD, "ids": ids,
    }
    environment = os.environ | {"SCHEMATHESIS_HOOKS": "fuzz_hooks", "FUZZ": json.dumps(settings), "PYTHONPATH": str(HERE)}
    command = [
        os.path.join(os.path.dirname(sys.executable), "schemathesis"), "--config-file", str(house.folder / "fuzz.toml"), "--no-color", "run", f"{base}/openapi.json",
        "--checks", CHECKS, "--exclude-path", ENDLESS, "--seed", str(seed), *amount,
        "--continue-on-failure", "--no-shrink", "--generation-database", "none", "--request-timeout", "20",
        "--suppress-health-check", "all", "--warnings", "off", "--workers", "1",
        "--report", "ndjson", "--report-ndjson-path", str(out), "--output-truncate", "false",
    ]  # fmt: skip
    done = subprocess.run(command, env=environment, cwd=house.folder, capture_output=True, text=True)
    if done.returncode not in (0, 1) or not out.exists():
        suite.fault(f"schemathesis as {name}: exit {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return []
    kept = []
    for line in out.open():
        event = json.loads(line)
        scenario = event.get("ScenarioFinished", {})
        recorder = scenario.get("recorder", {})
        if recorder.get("interactions"):
            kept.append(recorder | {"phase": scenario["phase"]})
        for kind in ("NonFatalError", "FatalError"):
            if kind in event:
                suite.fault(f"schemathesis as {name}: {json.dumps(event[kind])[:1500]}")
    return kept


def words(bytes_or_none):
    return base64.b64decode((bytes_or_none or {}).get("$base64", "")).decode("utf-8", "replace")[:300]


def collect(suite, login, recorder, found):
    """Differences by operation, check, status and message: one example each, and who met it."""
    for case_id, interaction in recorder["interactions"].items():
        suite.count("requests")
        answer, request = interaction["response"] or {}, interaction["request"]
        for check in recorder["checks"].get(case_id, []):
            suite.count("checks")
            if check["status"] == "success":
                continue
            failure = check["failure_info"]["failure"]
            operation = failure.get("operation") or recorder["label"]
            key = (operation, check["name"], answer.get("status_code"), failure["message"].split("\n")[0])
            example = (
                f"{failure['title']}: {failure['message']}\n      {request['method']} {request['uri']} "
                f"{words(request.get('body'))}\n      -> {answer.get('status_code')} {words(answer.get('content'))}"
            )
            found.setdefault(key, (example, set()))[1].add(login or "nobody")


def let_in(suite, login, recorders):
    """Who is refused all the time tries nothing behind the door; and one call has to lead to the next."""
    asked, taken = {True: 0, False: 0}, {True: 0, False: 0}
    for recorder in recorders:
        for found in recorder["interactions"].values():
            stateful = recorder["phase"] == "stateful"
            asked[stateful] += 1
            taken[stateful] += 200 <= (found["response"] or {}).get("status_code", 0) < 300
    told = f"{login or 'nobody'}: 2xx to {taken[False]} of {asked[False]} requests, in chains to {taken[True]} of {asked[True]}"
    print(f"  {told}", flush=True)
    alone, chained = TAKEN_AT_LEAST if login else TAKEN_FROM_NOBODY
    suite.check(taken[False] >= alone and taken[True] >= chained and asked[True] >= 30, f"{told}; wanted {alone} and {chained}")


def endless(suite, house):
    """The stream of hints never ends, so its beginning is held against the description by hand."""
    phone = Phone(house.folder / "ids", house.base)
    headers = {"Authorization": f"Bearer {phone.note('tokens')['access_token']}"}
    with httpx.stream("GET", house.base + ENDLESS, headers=headers) as answer:
        kind = answer.headers["content-type"].split(";")[0]
        suite.check((answer.status_code, kind) == (200, "text/event-stream"), f"{ENDLESS}: {answer.status_code} {kind}")
    described = httpx.get(f"{house.base}/openapi.json").json()["paths"][ENDLESS]["get"]["responses"]
    refused = httpx.get(house.base + ENDLESS)
    media = described.get("401", described.get("4XX", {})).get("content", {})
    kind = refused.headers["content-type"].split(";")[0]
    suite.check(kind in media, f"{ENDLESS}: {refused.status_code} {kind} is not described")


def sign_ins(suite, house):
    """What answers `sign_in_required` has to say in the description that it wants one, and nothing else may."""
    description = httpx.get(f"{house.base}/openapi.json").json()
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            at = house.base + path
            for name in ("{id}", "{device_id}", "{upload_id}"):
                at = at.replace(name, "01a20164-21c5-76c9-840c-4dccb82e9d27")
            at = at.replace("{version}", "1").replace("{sha256}", "ab" * 32)
            answer = httpx.request(method.upper(), at)
            wanted = answer.status_code == 401
            said = any(operation.get("security", []))
            suite.check(wanted == said, f"{method.upper()} {path}: 401 without sign-in: {wanted}; `security` in the description: {said}")


def run(house, long, seed):
    with Suite("description") as suite:
        ids, found = real_ids(house), {}
        # Before anybody is signed out by a fuzzer.
        endless(suite, house)
        thorough = ["--max-examples", "100"] if long else ["--max-examples", "3", "--phases", "examples,coverage,stateful"]
        glance = thorough if long else ["--max-examples", "3", "--phases", "fuzzing,stateful"]
        # More than three chains: most end at the first refusal.
        (house.folder / "fuzz.toml").write_text(f"[phases.stateful.generation]\nmax-examples = {100 if long else 20}\n")
        logins = ("supervisor", "", *(login for login, _, _ in installation.PEOPLE if login not in SPARED))

        def one(login):
            base = house.other if login in ("leader", "supervisor", "") else house.base
            return login, fuzz(suite, house, login, ids, seed, thorough if login in ("", "supervisor") else glance, base)

        with ThreadPoolExecutor(2) as pool:
            for login, recorders in pool.map(one, logins):
                for recorder in recorders:
                    collect(suite, login, recorder, found)
                let_in(suite, login, recorders)
        sign_ins(suite, house)
        for (operation, check, status, _), (example, who) in sorted(found.items(), key=str):
            suite.fault(f"{operation}, {check}, {status}, as {', '.join(sorted(who))}\n      {example}")
