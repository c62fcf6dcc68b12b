"""Stock tus clients (tus-js-client, tuspy) through a link that is cut after k bytes.

Promises: every file arrives whole and once, however the upload began (declared first, created with `sha256` in the
metadata, created bare), and the bytes sent again stay within the bound that is printed beside them.
"""

import hashlib
import json
import random
import subprocess

import httpx
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError
from tusclient.storage.filestorage import FileStorage

import house as installation
from cutting import Link
from phone import Phone
from report import Suite

NODE = installation.REPOSITORY / "tests/clients/node"
# A connection of the bad link lives for this many bytes: at 2G to 3G speed, some seconds.
LIVES = (60_000, 400_000)
# Of all bytes of files, at most so many are sent again (promise 8 of the project).
SENT_AGAIN = 0.05
BEGINNINGS = ("declared", "with sha256", "bare")


def picture(rng, size):
    """Bytes with the signature of a JPEG: kept as evidence, though no decoder will like them."""
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + rng.randbytes(size)


class Tuspy:
    """One upload at a time; a program around it that starts it anew when it gives up, as its manual says to."""

    def __init__(self, folder):
        self.storage = FileStorage(str(folder / "tuspy.json"))

    def run(self, job):
        client = TusClient(job["endpoint"], headers=job["headers"])
        url, tries = job.get("uploadUrl"), 0
        while True:
            tries += 1
            try:
                stored = {} if url else {"store_url": True, "url_storage": self.storage}
                uploader = client.uploader(
                    job["file"], url=url, chunk_size=job.get("chunkSize") or 2**40, retries=3, retry_delay=0.01,
                    metadata=job.get("metadata") or {}, upload_checksum=job["checksum"], **stored,
                )
                uploader.upload()
                return {"url": uploader.url}
            except TusCommunicationError as error:
                if tries == 100:
                    return {"error": f"{error}"}


class TusJs:
    def __init__(self, _):
        self.process = subprocess.Popen(["node", "upload.mjs"], cwd=NODE, stdin=-1, stdout=-1, text=True)

    def run(self, job):
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait(10)


def one(suite, house, phone, client, name, beginning, seed, size):
    """One file by one client over one bad link; both server processes take turns."""
    rng = random.Random(f"{seed} {name} {beginning}")
    data = picture(rng, size)
    sha = hashlib.sha256(data).hexdigest()
    file = house.folder / "upload.jpg"
    file.write_bytes(data)
    server = rng.choice([house.base, house.other])
    # Python's http.client takes an answer that was cut within its headers for a whole one: none of the server's making.
    with Link(server, seed=rng.random(), between=LIVES, answer_bytes=0) as link:
        job = {
            "file": str(file), "endpoint": f"{link.base}/v1/uploads", "checksum": rng.random() < 0.5,
            "headers": {"Authorization": f"Bearer {phone.note('tokens')['access_token']}"},
            "chunkSize": rng.choice([None, 1 << 16, 1 << 20]), "dataDuringCreation": rng.random() < 0.5,
            "overridePatchMethod": rng.random() < 0.2,
        }
        declared = {"blobs": [{"sha256": sha, "size": len(data), "media_type": "image/jpeg"}]}
        if beginning == "declared":
            told = phone.call("POST", "/v1/blobs", declared).json()["blobs"][0]
            job["uploadUrl"] = link.base + told["upload"]
            job["dataDuringCreation"] = False
        elif beginning == "with sha256":
            job["metadata"] = {"sha256": sha, "filetype": "image/jpeg", "filename": "../../门.jpg"}
        else:
            job["metadata"] = {"filetype": "image/jpeg"}
            job["dataDuringCreation"] = False  # Nobody could tell it that the first bytes arrived: it would never end.
        done = client.run(job)
        body_bytes, cuts = sum(link.body_bytes.values()), link.cuts
    where = f"{name}, {beginning}, seed {seed}: {({k: job[k] for k in job if k != 'headers'})}"
    if not suite.check(not done.get("error"), lambda: f"{where}: {done}"):
        return
    suite.count("uploads")
    suite.count("cuts", cuts)
    suite.count("bytes", len(data))
    figure = "bytes sent again"
    if job["dataDuringCreation"] and name == "tus-js-client":
        figure = "sent again blindly"  # It heard no answer to its creation, so it can only send those bytes again.
    elif beginning == "bare" and job["checksum"] and name == "tuspy":
        figure = "sent again unproven"  # Nothing but the part's own checksum vouches for it: kept whole or not at all.
    suite.count(figure, body_bytes - len(data))
    headers = {"Authorization": f"Bearer {phone.note('tokens')['access_token']}"}
    got = httpx.get(f"{server}/v1/blobs/{sha}", headers=headers)
    suite.check(got.status_code == 200 and got.content == data, lambda: f"{where}: other bytes came back ({got.status_code})")
    told = phone.call("POST", "/v1/blobs", declared).json()["blobs"][0]
    suite.check(told["status"] == "have", lambda: f"{where}: {told}")
    kept = list((house.data / "blobs").glob(f"*/{sha[:2]}/{sha}*"))
    suite.check(len(kept) == 1, lambda: f"{where}: kept as {kept}")


def run(house, long, seed):
    with Suite("tus") as suite:
        phone = Phone(house.folder / "tus", house.base)
        phone.sign_in("inspector", installation.PASSWORD)
        clients = {"tus-js-client": TusJs(house.folder), "tuspy": Tuspy(house.folder)}
        for round_ in range(25 if long else 2):
            for name, client in clients.items():
                for beginning in BEGINNINGS:
                    size = random.Random(f"{seed} {round_} {name} {beginning}").randint(1, 4 << 20 if long else 2 << 20)
                    one(suite, house, phone, client, name, beginning, f"{seed}.{round_}", size)
            phone.refresh()
        clients["tus-js-client"].close()
        again = suite.figures["bytes sent again"] / suite.figures["bytes"]
        suite.figures["sent again"] = f"{again:.2%}"
        suite.check(suite.figures["cuts"] > 0, "the link was never cut: nothing was tried")
        suite.check(again <= SENT_AGAIN, f"{again:.2%} of the bytes were sent again")
