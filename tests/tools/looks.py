"""Reads the three exports of one record with the readers that others use, and wants them to tell the same looks."""

import csv
import json
import sys

from prometheus_client.openmetrics.parser import text_fd_to_metric_families

table, lines, metrics = sys.argv[1:]

with open(table, newline="") as file:
    rows = list(csv.DictReader(file, strict=True))
with open(lines) as file:
    looks = [json.loads(line) for line in file]
with open(metrics) as file:
    families = {family.name: family for family in text_fd_to_metric_families(file)}

assert len(rows) == len(looks) > 10_000, (len(rows), len(looks))
for row, look in zip(rows, looks):
    for key in ("t", "place", "component", "probe", "verdict"):
        assert row[key] == look[key], (row, look)
    assert row["latency_ms"] == ("" if look["latency_ms"] is None else str(look["latency_ms"])), (row, look)

# A second of a look's time is told once, in each series that it belongs to.
latency = families["statuary_look_latency_seconds"]
assert (latency.type, latency.unit) == ("gauge", "seconds"), latency
want = [look["latency_ms"] / 1000 for look in looks if look["latency_ms"] is not None]
assert sorted(s.value for s in latency.samples) == sorted(want), "latencies differ"
assert families["statuary_look"].type == "stateset"
recorded = sum(len(look["recorded"]) for look in looks)
assert len(families["statuary_look_recorded"].samples) == recorded > 0, recorded
print(f"{len(looks)} looks, {len(want)} latencies, {recorded} recorded values: the same in all three")
