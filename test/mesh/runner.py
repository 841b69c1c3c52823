"""A runner from the documents alone: reads docs/schema/mesh and nothing else of the project.

usage: runner.py SCHEMAS ADDRESS
"""
import asyncio
import base64
import datetime
import hashlib
import json
import os
import pathlib
import ssl
import sys

import jsonschema
import websockets
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

schemas = pathlib.Path(sys.argv[1])
index = json.loads((schemas / "index.json").read_text())
address = sys.argv[2]
validators = {
    kind: jsonschema.Draft202012Validator(json.loads((schemas / entry["file"]).read_text()))
    for kind, entry in index["messages"].items()
}
NAME = "aln://runner/python/one"
key = Ed25519PrivateKey.generate()
public = "ed25519:" + key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unbase64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def canonical(value):
    """RFC 8785, for values whose numbers Python writes as JavaScript does."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def signed(prefix, value):
    return {**value, "signature": base64url(key.sign((prefix + canonical(value)).encode()))}


def holds(prefix, value, by):
    unsigned = {name: item for name, item in value.items() if name != "signature"}
    verifier = Ed25519PublicKey.from_public_bytes(bytes.fromhex(by.split(":")[1]))
    try:
        verifier.verify(unbase64url(value["signature"]), (prefix + canonical(unsigned)).encode())
        return True
    except InvalidSignature:
        return False


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Mesh:
    def __init__(self, socket):
        self.socket = socket
        self.count = 0

    async def say(self, message):
        validators[message["type"]].validate(message)
        await self.socket.send(json.dumps(message))

    async def tell(self, kind, payload, re=None):
        self.count += 1
        message = {
            "type": kind,
            "schema": index["messages"][kind]["schema"],
            "msg_id": "M-py-%d" % self.count,
            "sender": NAME,
            "ts": now(),
            "payload": payload,
        }
        if re is not None:
            message["re"] = re
        await self.say(message)

    async def hear(self, kind):
        message = json.loads(await asyncio.wait_for(self.socket.recv(), 10))
        validators[message["type"]].validate(message)
        if message["type"] != kind:
            raise SystemExit("expected %s, heard %s" % (kind, json.dumps(message)))
        return message


async def main():
    context = None
    if address.startswith("wss"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    async with websockets.connect(
        address + index["path"], ssl=context, subprotocols=[index["subprotocol"]], compression=None
    ) as socket:
        mesh = Mesh(socket)
        challenge = (await mesh.hear("CHALLENGE"))["payload"]
        hello = {
            "type": "HELLO",
            "schema": index["messages"]["HELLO"]["schema"],
            "runner_id": NAME,
            "persona": "hybrid",
            "capabilities": {"build": ["python3.11"]},
            "storage": ["aln+ns://"],
            "policy_hash": "sha256-" + hashlib.sha256(b"").hexdigest(),
            "public_key": public,
            "versions": index["versions"],
            "nonce": challenge["nonce"],
            "ts": now(),
        }
        if context is not None:
            certificate = socket.transport.get_extra_info("ssl_object").getpeercert(True)
            hello["channel"] = "tls-server-end-point:" + hashlib.sha256(certificate).hexdigest()
        await mesh.say(signed("bithub.mesh.hello.v1\n", hello))
        ack = await mesh.hear("HELLO_ACK")
        controller = challenge["public_key"]
        assert holds("bithub.mesh.hello_ack.v1\n" + challenge["nonce"] + "\n", ack, controller)
        await mesh.say(
            {
                "type": "HEARTBEAT",
                "schema": index["messages"]["HEARTBEAT"]["schema"],
                "runner_id": NAME,
                "jobs_active": 0,
                "load": 0.25,
            }
        )

        # a mistake is told by its field, and the connection goes on
        await socket.send(json.dumps({"type": "JOB_CLAIM", "msg_id": "M-wrong"}))
        error = await mesh.hear("ERROR")
        assert error["re"] == "M-wrong" and error["payload"]["field"] == "/schema", error

        offer = await mesh.hear("JOB_OFFER")
        job = offer["payload"]["job_id"]
        bid = {"job_id": job, "eta_s": 1, "cost_units": 1, "confidence": 1}
        await mesh.tell("JOB_BID", bid, offer["msg_id"])
        lease = (await mesh.hear("JOB_ASSIGN"))["payload"]
        assert holds("bithub.mesh.job.assign.v1\n", lease, controller)
        fence = lease["fence"]
        running = {"job_id": job, "fence": fence, "state": "Running", "standard": "Running"}
        await mesh.tell("JOB_STATE", running)
        said = "naïve 🐉\n"
        log = {"job_id": job, "fence": fence, "offset": 0, "stream": "stdout", "data": said}
        await mesh.tell("JOB_LOG", log)
        assert (await mesh.hear("JOB_LOG_ACK"))["payload"]["offset"] == len(said.encode())
        result = {
            "job_id": job,
            "fence": fence,
            "idempotency_key": "%s/%d" % (job, fence),
            "status": "CompletedSuccessfully",
            "exit_code": 0,
            "metrics": {"wall_s": 1.5},
            "artifacts": [],
        }
        await mesh.tell("JOB_RESULT", signed("bithub.mesh.job.result.v1\n", result))
        committed = (await mesh.hear("JOB_COMMITTED"))["payload"]
        assert committed["committed"] and committed["job_id"] == job
        print("committed %s" % job)


os.environ.setdefault("PYTHONUTF8", "1")
asyncio.run(main())
