-- In order of the key, as workers of several partitions may add to the same store at once.
INSERT INTO instore.ingest_counts (store_id, hour, received, duplicate)
SELECT
    store_id,
    instore.at(hour),
    sum(received),
    sum(duplicate)
FROM json_to_recordset(%(rows)s::json) AS new (store_id text, hour bigint, received bigint, duplicate bigint)
GROUP BY store_id, hour
ORDER BY store_id, hour
ON CONFLICT (store_id, hour) DO UPDATE
SET received = ingest_counts.received + excluded.received, duplicate = ingest_counts.duplicate + excluded.duplicate;
