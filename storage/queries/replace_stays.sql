-- The stays of the visits named are exactly these. Most are as they were: only what differs is written.
WITH new AS MATERIALIZED (
    SELECT
        visit_id,
        seq,
        store_id,
        device_id,
        zone_id,
        instore.at(started_at) AS started_at,
        instore.at(ended_at) AS ended_at,
        dwell_s
    FROM json_to_recordset(%(rows)s::json) AS stay (
        visit_id uuid, seq integer, store_id text, device_id text, zone_id text, started_at bigint, ended_at bigint, dwell_s float8
    )
),

gone AS (
    DELETE FROM instore.stays AS old
    WHERE
        old.visit_id = ANY(%(visit_ids)s::uuid[])
        AND old.started_at >= instore.at(%(since)s::bigint)
        AND NOT EXISTS (
            SELECT FROM new
            WHERE new.visit_id = old.visit_id AND new.seq = old.seq AND new.started_at = old.started_at
        )
)

INSERT INTO instore.stays (visit_id, seq, store_id, device_id, zone_id, started_at, ended_at, dwell_s)
SELECT * FROM new
ON CONFLICT (visit_id, seq, started_at) DO UPDATE
SET zone_id = excluded.zone_id, ended_at = excluded.ended_at, dwell_s = excluded.dwell_s
WHERE (stays.zone_id, stays.ended_at) IS DISTINCT FROM (excluded.zone_id, excluded.ended_at);
