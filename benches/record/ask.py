"""Each probe's share of looks that were up, from the plain layout, by DuckDB or polars.

python ask.py duckdb|polars plain.jsonl
"""

import sys

tool, path = sys.argv[1:]
if tool == "duckdb":
    import duckdb

    rows = duckdb.execute(
        "SELECT probe, avg((verdict = 'up')::INT) FROM read_json(?, format = 'newline_delimited', "
        "columns = {probe: 'VARCHAR', verdict: 'VARCHAR'}) GROUP BY probe",
        [path],
    ).fetchall()
else:
    import polars

    schema = {"probe": polars.String, "verdict": polars.String}
    up = (polars.col("verdict") == "up").mean()
    rows = polars.scan_ndjson(path, schema=schema).group_by("probe").agg(up).collect(engine="streaming").rows()
for probe, share in sorted(rows):
    print(probe, f"{share:.9f}")
