-- Continuous aggregates of stays, each of the one before, with what is newer than their watermarks computed at each look.
CREATE SCHEMA theirs;

CREATE MATERIALIZED VIEW theirs.zone_5m WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT
    store_id,
    zone_id,
    time_bucket(interval '5 minutes', started_at) AS bucket,
    count(*) AS entered,
    sum(CASE WHEN is_open THEN 0 ELSE dwell_s::numeric END) AS dwell_s
FROM instore.stays
WHERE NOT is_staff
GROUP BY 1, 2, 3
WITH NO DATA;

CREATE MATERIALIZED VIEW theirs.zone_hour WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT
    store_id,
    zone_id,
    time_bucket(interval '1 hour', bucket) AS bucket,
    sum(entered)::bigint AS entered,
    sum(dwell_s) AS dwell_s
FROM theirs.zone_5m
GROUP BY 1, 2, 3
WITH NO DATA;

CREATE MATERIALIZED VIEW theirs.zone_day WITH (timescaledb.continuous, timescaledb.materialized_only = false) AS
SELECT
    store_id,
    zone_id,
    time_bucket(interval '1 day', bucket) AS bucket,
    sum(entered)::bigint AS entered,
    sum(dwell_s) AS dwell_s
FROM theirs.zone_hour
GROUP BY 1, 2, 3
WITH NO DATA;
