"""Asks the server what an assistant would ask, with the official Python client, over HTTP and stdio, in both eras.

    python python_client.py http http://127.0.0.1:8080/mcp
    python python_client.py stdio target/debug/mcp-server

Exit status 0 when every answer is what the demo cluster should give.
"""

import asyncio
import sys

from mcp import Client, StdioServerParameters

TOOLS = {
    "analyze-scaling-impact",
    "calculate-pod-capacity",
    "explain-incident",
    "get-cluster-health",
    "get-remediation-recommendations",
    "get-timeline",
    "get-upgrade-readiness",
    "inspect-object",
    "list-findings",
    "list-incidents",
    "list-pods",
}
ROOTS = ["worker-2", "data-orders-db-0", "checkout-api", "batch-quota", "search-index", "valkey-operator"]


def expect(condition: bool, what: str) -> None:
    if not condition:
        raise SystemExit(f"FAILED  {what}")


async def ask(client: Client, era: str) -> None:
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    expect(set(tools) == TOOLS, f"{era}: tools are {sorted(tools)}")
    expect(all(tool.annotations.read_only_hint for tool in tools.values()), f"{era}: tools are marked read-only")

    health = await settled(client)
    text = health.content[0].text
    expect(health.structured_content["status"] == "unhealthy", f"{era}: the demo is unhealthy")
    expect(text.startswith("UNHEALTHY"), f"{era}: the verdict comes first")
    expect(len(text) <= 16_000, f"{era}: the answer fits")
    incidents = text.split("For information")[0]
    for root in ROOTS:
        expect(root in incidents, f"{era}: {root} is the root of an incident")

    listed = await client.call_tool("list-incidents", {})
    first = listed.structured_content["incidents"][0]["id"]
    explained = await client.call_tool("explain-incident", {"id": first})
    expect(not explained.is_error, f"{era}: the first incident, {first}, is explained: {explained.content[0].text[:200]}")
    for tool in ("get-timeline", "get-upgrade-readiness"):
        told = await client.call_tool(tool, {})
        expect(not told.is_error and told.structured_content, f"{era}: {tool} answers")

    findings = await client.call_tool("list-findings", {"namespace": "storefront-orders", "limit": 2})
    expect(findings.structured_content["total"] >= 2, f"{era}: the namespace has findings")
    pods = await client.call_tool("list-pods", {"only_unhealthy": True, "limit": 5})
    expect(len(pods.structured_content["pods"]) == 5, f"{era}: pods come in pages")
    more = await client.call_tool(
        "list-pods", {"only_unhealthy": True, "limit": 5, "cursor": pods.structured_content["next_cursor"]}
    )
    expect(more.structured_content["pods"] != pods.structured_content["pods"], f"{era}: the next page is another one")
    node = await client.call_tool("inspect-object", {"kind": "node", "name": "worker-2"})
    expect("NodeStatusUnknown" in node.content[0].text, f"{era}: the node says why")

    wrong = await client.call_tool("list-pods", {"namespace": "storefront-order"})
    expect(wrong.is_error and "storefront-orders" in wrong.content[0].text, f"{era}: a wrong namespace is corrected")

    document = await client.read_resource("cluster://checks/node-not-ready")
    expect("kubelet" in document.contents[0].text, f"{era}: a check explains itself")
    print(f"ok      {era}: {client.protocol_version}, {len(text)} bytes of health")


async def settled(client: Client):
    """The demo loads beside the serving; the first calls may come before it has."""
    for _ in range(100):
        health = await client.call_tool("get-cluster-health", {})
        if not health.is_error:
            return health
        await asyncio.sleep(0.1)
    raise SystemExit("FAILED  the demo did not load within ten seconds")


async def main() -> None:
    transport, target = sys.argv[1], sys.argv[2]
    for mode in ("auto", "legacy"):
        if transport == "stdio":
            server = StdioServerParameters(command=target, args=["stdio", "--demo"])
        else:
            server = target
        async with Client(server, mode=mode) as client:
            await ask(client, f"{transport} {mode}")


asyncio.run(main())
