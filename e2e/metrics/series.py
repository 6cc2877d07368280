"""Writes series whose truth is known, as OpenMetrics text, and the truth as JSON.

They end at the moment of the demo cluster, so that the server asks for just this time. Everything comes from one seed.
"""

import calendar
import json
import math
import random
import sys

END = calendar.timegm((2026, 11, 18, 3, 12, 0))
DAYS = 14
# A few of these have to fit into the five minutes that rates are taken over
STEP = 120
POINTS = DAYS * 86400 // STEP
TIMES = [END - (POINTS - 1 - i) * STEP for i in range(POINTS)]
GIB = 1 << 30

random.seed(20261118)
families = {}
truth = {"disks": {}, "throttled": {}, "sizing": {}, "usage": {}, "anomaly": {}, "growth": {}}


def put(metric, kind, labels, values):
    name = "{" + ",".join(f'{key}="{value}"' for key, value in labels.items()) + "}"
    families.setdefault((metric, kind), []).append((name, values))


def wave(at, phase=0.0):
    angle = 2 * math.pi * (at % 86400) / 86400 + phase
    return math.sin(angle) + 0.4 * math.cos(2 * angle)


def counter(rates):
    total, out = 1000.0, []
    for rate in rates:
        total += rate * STEP
        out.append(total)
    return out


def disk(days_left, left=20 * GIB, swing=0.0, noise=0.0):
    rate = left / days_left / 86400
    return [left + rate * (END - at) + swing * wave(at) + noise * random.gauss(0, 1) for at in TIMES]


def filesystem(node, mountpoint, values, size=200 * GIB, fstype="xfs"):
    labels = {"instance": node, "device": "/dev/sda4", "mountpoint": mountpoint, "fstype": fstype}
    put("node_filesystem_avail_bytes", "gauge", labels, values)
    put("node_filesystem_size_bytes", "gauge", labels, [size] * POINTS)


def volume(namespace, claim, values, size=100 * GIB):
    labels = {"namespace": namespace, "persistentvolumeclaim": claim, "instance": "worker-1"}
    put("kubelet_volume_stats_available_bytes", "gauge", labels, values)
    put("kubelet_volume_stats_capacity_bytes", "gauge", labels, [size] * POINTS)


filesystem("worker-1", "/var", disk(5.0, noise=0.02 * GIB))
truth["disks"]["worker-1 /var"] = {"days": 5.0, "within": 0.05}
# what breathes takes its level, not its last value, as what is left
filesystem("worker-3", "/var", disk(12.0, swing=2 * GIB, noise=0.05 * GIB))
truth["disks"]["worker-3 /var"] = {"days": 12.0, "within": 0.15}
filesystem("worker-0", "/var", [90 * GIB + 0.1 * GIB * random.gauss(0, 1) for _ in TIMES])
truth["disks"]["worker-0 /var"] = {"days": None}
filesystem("worker-1", "/run", disk(1.0), fstype="tmpfs")
volume("storefront-orders", "data-orders-db-0", disk(2.0, noise=0.01 * GIB))
truth["disks"]["storefront-orders/data-orders-db-0"] = {"days": 2.0, "within": 0.05}

for pod, container, share in [("orders-db-0", "postgres", 0.8), ("orders-api-x", "api", 0.4), ("web-y", "web", 0.1)]:
    labels = {"namespace": "storefront-orders", "pod": pod, "container": container}
    put("container_cpu_cfs_periods_total", "counter", labels, counter([10.0] * POINTS))
    # throttled seconds are not what is asked: far too many of them would be a wrong answer at once
    put("container_cpu_cfs_throttled_periods_total", "counter", labels, counter([10.0 * share] * POINTS))
    put("container_cpu_cfs_throttled_seconds_total", "counter", labels, counter([99.0] * POINTS))
    truth["throttled"][pod] = share * 100


def quantile(values, q):
    """As Prometheus does it, worked out by itself."""
    ordered = sorted(values)
    rank = q * (len(ordered) - 1)
    low = math.floor(rank)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] * (1 - (rank - low)) + ordered[high] * (rank - low)


WEEK = 7 * 86400 // STEP
for namespace, pod, container, base in [
    ("storefront-orders", "orders-db-0", "postgres", 0.4),
    ("storefront-batch", "unknown-pod", "job", 0.05),
]:
    cpu = [max(0.001, base * (1 + 0.5 * wave(at) + 0.05 * random.gauss(0, 1))) for at in TIMES]
    # the last hour is out of the ordinary
    quiet = list(cpu)
    if pod == "orders-db-0":
        for i in range(POINTS - 20, POINTS - 5):
            cpu[i] += 2.0
    memory = [round(base * GIB * (1 + 0.2 * wave(at, 1.0) + 0.02 * random.gauss(0, 1))) for at in TIMES]
    labels = {"namespace": namespace, "pod": pod, "container": container}
    put("container_cpu_usage_seconds_total", "counter", labels, counter(cpu))
    put("container_memory_working_set_bytes", "gauge", labels, memory)
    # sums over the pod must not be counted again
    put("container_memory_working_set_bytes", "gauge", {**labels, "container": ""}, [m * 10 for m in memory])
    truth["sizing"][pod] = {
        "container": container,
        "p95_memory": quantile(memory[-WEEK:], 0.95),
        "peak_memory": max(memory[-WEEK:]),
        "p95_cpu": quantile(cpu[-WEEK:], 0.95),
    }
    if pod == "orders-db-0":
        at = END + 3600
        truth["usage"] = {"memory": base * GIB * (1 + 0.2 * wave(at, 1.0)), "cpu": base * (1 + 0.5 * wave(at))}
        truth["anomaly"] = {"value": quiet[-12] + 2.0}
killed = {"namespace": "storefront-orders", "pod": "orders-db-0", "container": "postgres", "reason": "OOMKilled"}
put("kube_pod_container_status_last_terminated_reason", "gauge", killed, [1] * POINTS)

# What pods request grows twice a day, by more or less, as deployments make it grow. Two measure it, which must not count twice
for resource, start, daily in [("cpu", 10.0, 0.25), ("memory", 40.0 * GIB, 1.5 * GIB)]:
    # the first pod stays, the second is what comes on top
    sizes = [daily / 2 * (1 + 0.3 * random.gauss(0, 1)) for _ in range(2 * DAYS + 1)]
    steps = [sum(sizes[: (at - TIMES[0]) // 43200]) for at in TIMES]
    for replica in ("a", "b"):
        labels = {"namespace": "storefront-orders", "container": "main", "resource": resource, "instance": replica}
        put("kube_pod_container_resource_requests", "gauge", {**labels, "pod": "old"}, [start] * POINTS)
        put("kube_pod_container_resource_requests", "gauge", {**labels, "pod": "new"}, steps)
    truth["growth"][resource] = {"requested": start + steps[-1], "daily": daily}

with open(sys.argv[1], "w", encoding="utf-8") as out:
    for (metric, kind), series in families.items():
        name = metric.removesuffix("_total") if kind == "counter" else metric
        out.write(f"# TYPE {name} {kind}\n")
        for labels, values in series:
            for at, value in zip(TIMES, values):
                out.write(f"{metric}{labels} {value!r} {at}\n")
    out.write("# EOF\n")
with open(sys.argv[2], "w", encoding="utf-8") as out:
    json.dump(truth, out)
