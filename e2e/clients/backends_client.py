"""Asks for everything that the Go server of the same name had, with the official Python client, while the services behind
the server are well, away, slow, lying or forbidding: each answer has to come within five seconds and say what it lacks.

    python backends_client.py target/debug/mcp-server

What the answers hold is for the server's own tests; here they have to be answers to a client.
"""

import asyncio
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from mcp import Client, StdioServerParameters

PATIENCE = 5.0

CALLS = [
    ("get-cluster-health", {}),
    ("list-pods", {"namespace": "storefront-orders"}),
    ("calculate-pod-capacity", {}),
    ("analyze-scaling-impact", {"namespace": "storefront-orders", "deployment": "orders-api", "target_replicas": 4}),
    ("list-incidents", {}),
    ("get-remediation-recommendations", {}),
    ("list-models", {}),
    ("get-model-status", {"model_name": "fraud"}),
    ("analyze-anomalies", {"metric": "cpu_usage"}),
    ("predict-resource-usage", {}),
    ("get-throttled-pods", {}),
    ("predict-disk-exhaustion", {}),
    ("get-rightsizing-recommendations", {"namespace": "storefront-orders"}),
    (
        "create-incident",
        {
            "title": "Orders fail",
            "description": "Orders fail since the last deployment",
            "severity": "high",
            "target": "storefront-orders",
        },
    ),
    (
        "trigger-remediation",
        {
            "incident_id": "inc-1",
            "namespace": "storefront-orders",
            "resource_kind": "Deployment",
            "resource_name": "orders-api",
            "issue_type": "pod_crash",
            "severity": "high",
        },
    ),
]
# Whoever started the server has its rights, and over the demo there is no cluster to have any in
NOT_ALLOWED = {"create-incident", "trigger-remediation"}
RESOURCES = ["cluster://health", "cluster://nodes", "cluster://incidents", "cluster://remediation-history"]
PROMPTS = [
    ("check-anomalies", {}),
    ("correlate-incidents", {}),
    ("diagnose-cluster-issues", {}),
    ("investigate-pods", {"namespace": "storefront-orders"}),
    ("optimize-data-access", {}),
    ("predict-and-prevent", {}),
]
# What an answer that needs a service says without it
AWAY = {
    "away": "cannot be reached",
    "slow": "did not answer within",
    "lying": "something else than its API",
    "forbidding": "forbids it",
}


def service(manner: str) -> str:
    """Answers for Prometheus and for the Coordination Engine, whichever is asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            body = {"status": "success", "data": {"resultType": "vector", "result": []}}
            if "/incidents" in self.path:
                body = {"incidents": [], "total": 0}
            elif "/recommendations" in self.path:
                body = {"status": "success", "recommendations": [], "ml_enabled": False}
            text = json.dumps(body)
            if manner == "slow":
                time.sleep(60)
            if manner == "lying":
                text = '{"status": [], "data": NaN, "incidents": 7, "recommendations": "many"}'
            self.send_response(403 if manner == "forbidding" else 200)
            self.end_headers()
            try:
                self.wfile.write(text.encode())
            except BrokenPipeError:
                pass

        do_POST = do_GET

        def log_message(self, *_) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    address = f"http://127.0.0.1:{server.server_address[1]}"
    if manner == "away":
        server.server_close()
    else:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    return address


def expect(condition: bool, what: str) -> None:
    if not condition:
        raise SystemExit(f"FAILED  {what}")


async def timely(what: str, answer):
    started = time.monotonic()
    result = await answer
    took = time.monotonic() - started
    expect(took < PATIENCE, f"{what} took {took:.1f} s")
    return result


async def ask(client: Client, world: str, prometheus: str, engine: str) -> None:
    for _ in range(100):
        if not (await client.call_tool("get-cluster-health", {})).is_error:
            break
        await asyncio.sleep(0.1)
    tools = {tool.name for tool in (await client.list_tools()).tools}
    missing = {name for name, _ in CALLS} - tools
    expect(not missing, f"{world}: {missing} are not offered")
    answers = await asyncio.gather(
        *(timely(f"{world}: {name}", client.call_tool(name, arguments)) for name, arguments in CALLS)
    )
    for (name, _), answer in zip(CALLS, answers):
        text = answer.content[0].text
        expect(text and "internal error" not in text, f"{world}: {name}: {text}")
        if name in NOT_ALLOWED:
            expect(answer.is_error and text.startswith("not allowed"), f"{world}: {name}: {text}")
        elif name in {"list-incidents", "get-remediation-recommendations"}:
            expect(not answer.is_error and "storefront" in text, f"{world}: {name}: {text}")
            expect(engine == "well" or AWAY[engine] in text, f"{world}: {name}: {text}")
        elif name.startswith(("predict-", "get-throttled", "get-rightsizing", "analyze-anomalies")) and prometheus != "well":
            expect(answer.is_error, f"{world}: {name} pretends: {text}")
            expect(AWAY[prometheus] in text or "left alone" in text, f"{world}: {name}: {text}")
    documents = await asyncio.gather(*(timely(f"{world}: {uri}", client.read_resource(uri)) for uri in RESOURCES))
    for uri, document in zip(RESOURCES, documents):
        expect(json.loads(document.contents[0].text), f"{world}: {uri}")
    if engine != "well":
        expect("not_seen" in documents[3].contents[0].text, f"{world}: {documents[3].contents[0].text}")
    prompts = await asyncio.gather(
        *(timely(f"{world}: {name}", client.get_prompt(name, arguments)) for name, arguments in PROMPTS)
    )
    for (name, _), prompt in zip(PROMPTS, prompts):
        expect(prompt.messages[0].content.text, f"{world}: {name}")
    print(f"ok      {world}: 15 tools, 4 resources, 6 prompts")


async def main() -> None:
    manners = ["away", "slow", "lying", "forbidding"]
    worlds = [("well", "well")] + [("well", manner) for manner in manners] + [(manner, "well") for manner in manners]
    for prometheus, engine in worlds:
        arguments = ["stdio", "--demo", "--enable-kserve", "--enable-remediation"]
        arguments += ["--prometheus-url", service(prometheus), "--coordination-engine-url", service(engine)]
        server = StdioServerParameters(command=sys.argv[1], args=arguments)
        async with Client(server) as client:
            await ask(client, f"Prometheus {prometheus}, engine {engine}", prometheus, engine)


asyncio.run(main())
