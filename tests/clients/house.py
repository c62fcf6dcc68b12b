"""A real installation for the suites: two server processes on one private Postgres, and the fixture county.

Everything is done by public commands of the program (`serve`, `admin`, `import`). Promises that what it started is
gone when it is closed, also when the driver dies. Never touches a folder that it did not make.
"""

import ctypes
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import threading

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("ANFANG_PROGRAM") or REPOSITORY / "target/debug/anfang").resolve()
PASSWORD = "correct horse 正确的马"
COUNTY = "990100"

TOWNSHIPS = [("101", "青石镇"), ("102", "白水乡"), ("103", "红岩乡")]
# Login, role, and the township, unit (U…) or whole county (None) that the role is over.
PEOPLE = [
    ("inspector1", "inspector", "101"),
    ("inspector2", "inspector", "102"),
    ("inspector", "inspector", None),
    ("supervisor", "supervisor", None),
    ("supervisor1", "supervisor", "101"),
    ("verifier", "verifier", None),
    ("leader", "leader", None),
    ("resident", "resident_team", "101"),
    ("auditor", "auditor", None),
    ("admin", "administrator", None),
    ("officer", "unit_officer", "U101"),
    # Whom the suites may revoke, one each.
    ("fleeting1", "inspector", "101"),
    ("fleeting2", "inspector", "102"),
    ("fuzzer", "inspector", "103"),
]


def _die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


class Server:
    """One `anfang serve`."""

    def __init__(self, environment):
        self.process = subprocess.Popen(
            [PROGRAM, "serve"], env=environment, stdout=subprocess.PIPE, text=True, preexec_fn=_die_with_parent
        )
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the server ended before it listened")
        self.base = line.split()[-1]
        # Go on reading, or a full pipe would stop the server.
        threading.Thread(target=lambda: [None for _ in self.process.stdout], daemon=True).start()

    def alive(self):
        return self.process.poll() is None

    def stop(self):
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class House:
    """Use as a context manager: `with House() as house`."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="anfang-clients-"))
        self.folder.chmod(0o755)  # Started as root, Postgres runs as another user and has to get in.
        self.data = self.folder / "data"
        self.servers = []

    def environment(self, **more):
        kept = {k: v for k, v in os.environ.items() if not k.startswith("ANFANG_") and k != "DATABASE_URL"}
        return kept | {
            "ANFANG_DATA_DIR": str(self.data),
            "ANFANG_LISTEN": "127.0.0.1:0",
            "ANFANG_LOG": os.environ.get("ANFANG_LOG", "error"),
            "ANFANG_DB_CONNECTIONS": "8",
            "ANFANG_SHUTDOWN_SECONDS": "3",
            # The fuzzer guesses passwords on purpose; being slowed down is another suite's matter.
            "ANFANG_SIGN_IN_FAILURES": "1000000",
            "ANFANG_REQUESTS_PER_SECOND": "0",
        } | more

    def __enter__(self):
        try:
            self.servers.append(Server(self.environment()))
            url = (self.data / "postgres.url").read_text().strip()
            self.servers.append(Server(self.environment(DATABASE_URL=url)))
            self._furnish()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        # The first holds Postgres.
        for server in reversed(self.servers):
            server.stop()
        link = self.data / "postgres"
        if link.is_symlink():
            shutil.rmtree(link.resolve(), ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def base(self):
        return self.servers[0].base

    @property
    def other(self):
        return self.servers[1].base

    def anfang(self, *arguments, stdin=None, check=True, **more):
        done = subprocess.run(
            [PROGRAM, *map(str, arguments)], env=self.environment(**more), input=stdin, capture_output=True, text=True
        )
        if check and done.returncode:
            raise RuntimeError(f"anfang {' '.join(map(str, arguments))}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def admin(self, *arguments, stdin=None):
        """One command of `anfang admin`, its answer as JSON."""
        told = self.anfang("admin", "--json", *arguments, stdin=stdin).stdout.strip()
        return json.loads(told.splitlines()[-1]) if told else None

    def _furnish(self):
        self.admin("--jurisdiction", COUNTY, "jurisdiction", "--name", "试验县", "--name-en", "Test County")
        for what, text in (("areas", _areas()), ("units", _units()), ("sites", _sites())):
            file = self.folder / f"{what}.csv"
            file.write_text(text)
            self.anfang("import", what, file, "--jurisdiction", COUNTY)
        self.anfang("import", "checklists", "--templates", "--jurisdiction", COUNTY)
        for login, role, scope in PEOPLE:
            self.person(login, role, scope)

    def person(self, login, role, scope):
        """An account with one grant."""
        self.admin("account", "--login", login, "--name", f"试验 {login}", "--password-stdin", stdin=PASSWORD + "\n")
        self.grant(login, role, scope)

    def grant(self, login, role, scope):
        over = ("--unit", scope) if scope and scope.startswith("U") else ("--area", area_code(scope or ""))
        return self.admin("grant", "--login", login, "--role", role, *over)


def area_code(code):
    """`""` is the county itself, `"101"` its first township, `"101201"` that one's first village."""
    return f"{COUNTY}{code}".ljust(12, "0")


def _areas():
    lines = ["code,name_zh,name_en,level,parent_code", f"{area_code('')},试验县,Test County,county,"]
    for code, name in TOWNSHIPS:
        lines.append(f"{area_code(code)},{name},,township,{area_code('')}")
        lines += [f"{area_code(code + v)},{name}{v}村,,village,{area_code(code)}" for v in ("201", "202")]
    return "\n".join(lines) + "\n"


def _units():
    lines = ["code,name_zh,name_en,kind,area_code"]
    lines += [f"U{code},{name}人民政府,,township,{area_code(code)}" for code, name in TOWNSHIPS]
    return "\n".join([*lines, "zhujian,住建局,Housing Bureau,department,"]) + "\n"


def _sites():
    lines = ["code,name_zh,kind,area_code,latitude,longitude,radius_m,head,members,state"]
    for t, (township, _) in enumerate(TOWNSHIPS):
        for village in ("201", "202"):
            for n in range(10):
                lines.append(
                    f"H{township}{village}-{n},张家{n}户,household,{area_code(township + village)},"
                    f"{34 + t / 10},{104 + n / 1000:.3f},200,张{n},4,not_lifted"
                )
    return "\n".join(lines) + "\n"
