"""What the fuzzer is told beyond the description: who speaks, and some ids that there are.

Loaded by schemathesis. Reads its settings from FUZZ (JSON): `house` (a server's address), `home` (the phone's folder),
`login`, `password`, `ids` (values by parameter name).
"""

import json
import os
import random

import schemathesis

from phone import Phone

FUZZ = json.loads(os.environ["FUZZ"])


if FUZZ["login"]:

    @schemathesis.auth(retry_on=[401])
    class AccessToken:
        """The fuzzer signs itself out and revokes its own device: then it signs in anew."""

        def get(self, _case, _context):
            phone = Phone(FUZZ["home"], FUZZ["house"])
            phone.sign_in(FUZZ["login"], FUZZ["password"])
            return phone.note("tokens")["access_token"]

        def set(self, case, token, _context):
            case.headers = case.headers or {}
            case.headers["Authorization"] = f"Bearer {token}"


def some(values):
    """Half of the ids are ids of things: chance alone would never find one."""
    for name in list(values or {}):
        if FUZZ["ids"].get(name) and random.random() < 0.5:
            values[name] = random.choice(FUZZ["ids"][name])
    return values


@schemathesis.hook
def map_path_parameters(_context, path_parameters):
    return some(path_parameters)


@schemathesis.hook
def map_query(_context, query):
    return some(query)
