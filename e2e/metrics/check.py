"""Asks the server over MCP and compares its answers with the truth of series.py."""

import json
import sys
import time
import urllib.request

URL, TRUTH = sys.argv[1], json.load(open(sys.argv[2], encoding="utf-8"))
failures = []


def call(tool, **arguments):
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
    headers = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
    request = urllib.request.Request(URL, json.dumps(body).encode(), headers)
    began = time.monotonic()
    with urllib.request.urlopen(request, timeout=20) as answer:
        result = json.load(answer)["result"]
    print(f"\n== {tool} {arguments} ({time.monotonic() - began:.2f} s)\n{result['content'][0]['text']}")
    if result.get("isError"):
        failures.append(f"{tool} {arguments}: {result['content'][0]['text']}")
        return None
    return result["structuredContent"]


def near(what, found, truth, within):
    off = abs(found - truth) / abs(truth) if found is not None else float("inf")
    print(f"   {what}: {found} against {truth:.6g}, off by {off:.4f} (allowed {within})")
    if off > within:
        failures.append(f"{what}: {found} is not within {within} of {truth}")


def expect(what, holds):
    if not holds:
        failures.append(what)


disks = call("predict-disk-exhaustion")
if disks:
    rows = {
        f"{row['namespace']}/{row['claim']}" if "claim" in row else f"{row['node']} {row['mountpoint']}": row
        for row in disks["results"]
    }
    expect(f"filesystems and volumes: {sorted(rows)}", set(rows) == set(TRUTH["disks"]))
    for place, truth in TRUTH["disks"].items():
        days = rows.get(place, {}).get("days_until_full")
        if truth["days"] is None:
            expect(f"{place} fills up: {days}", days is None)
        else:
            near(place, days, truth["days"], truth["within"])
    expect("the soonest is not first", disks["results"][0].get("claim") == "data-orders-db-0")
    expect("no size", all("used_percent" in row for row in disks["results"]))
one = call("predict-disk-exhaustion", node="worker-1", mountpoint="/var")
expect("one filesystem", one and len(one["results"]) == 1)

throttled = call("get-throttled-pods", threshold_pct=25)
if throttled:
    found = {row["pod"]: row["throttle_rate_pct"] for row in throttled["throttled_pods"]}
    expect(f"throttled: {found}", list(found) == ["orders-db-0", "orders-api-x"] and throttled["looked_at"] == 3)
    for pod in found:
        near(f"throttled {pod}", found[pod], TRUTH["throttled"][pod], 0.005)

sizes = call("get-rightsizing-recommendations", window="7d")
if sizes:
    for row in sizes["recommendations"]:
        truth = TRUTH["sizing"][row["pod"]]
        # memory is measured as it is; a rate is a difference of two counters, so its edges blur
        near(f"P95 memory {row['pod']}", row["p95_memory_usage_bytes"], truth["p95_memory"], 0.002)
        near(f"peak memory {row['pod']}", row["peak_memory_usage_bytes"], truth["peak_memory"], 1e-9)
        near(f"P95 CPU {row['pod']}", row.get("p95_cpu_usage_cores"), truth["p95_cpu"], 0.03)
        expect(f"killed: {row['pod']}", row["oom_killed"] == (row["pod"] == "orders-db-0"))
    expect("two containers", sizes["total"] == 2)

usage = call("predict-resource-usage", namespace="storefront-orders", pod="orders-db-0")
if usage:
    near("memory in an hour", usage["memory"]["predicted"], TRUTH["usage"]["memory"], 0.05)
    expect("memory's interval", usage["memory"]["low"] <= TRUTH["usage"]["memory"] <= usage["memory"]["high"])
    expect("season", usage["memory"]["seasonal"] and usage["cpu"]["seasonal"])
call("predict-resource-usage")

room = call("calculate-pod-capacity")
if room:
    trend = room.get("trending")
    expect(f"a trend: {room['not_seen']}", trend)
    for resource in ("cpu", "memory") if trend else ():
        found, truth = trend[resource], TRUTH["growth"][resource]
        near(f"{resource} requested", found["requested"], truth["requested"], 1e-3)
        near(f"{resource} a day", found["daily_change"], truth["daily"], 0.1)
        near(f"{resource} percent", trend[f"daily_{resource}_growth_percent"], 100 * truth["daily"] / truth["requested"], 0.1)
        days = (0.85 * found["there"] - truth["requested"]) / truth["daily"]
        if days <= 0:
            expect(f"{resource} is full", found["days_until_85_percent"] == 0)
        elif days < 365:
            near(f"{resource} until 85%", found.get("days_until_85_percent"), days, 0.1)
            expect(f"{resource}: interval", found["earliest_days"] <= days <= found.get("latest_days", days))
quota = call("calculate-pod-capacity", namespace="storefront-orders")
expect("a trend of the namespace", quota and quota.get("trending"))
short = call("calculate-pod-capacity", include_trending=False)
expect("no trend where none is asked for", short and "trending" not in short)

strange = call("analyze-anomalies", metric="cpu_usage", namespace="storefront-orders", pod="orders-db-0")
if strange:
    expect("one episode", len(strange["anomalies"]) == 1)
    near("its value", strange["anomalies"][0]["value"] if strange["anomalies"] else None, TRUTH["anomaly"]["value"], 0.15)
calm = call("analyze-anomalies", metric="memory_usage", namespace="storefront-orders", time_range="24h")
expect("memory is calm", calm and calm["anomaly_count"] == 0)

print()
for failure in failures:
    print(f"FAILED: {failure}")
print(f"{len(failures)} failures")
sys.exit(bool(failures))
