-- The zones of the store are exactly these.
WITH new AS MATERIALIZED (
    SELECT *
    FROM json_to_recordset(%(rows)s::json) AS zone (zone_id text, name text, type text, polygon jsonb, capacity integer)
),

gone AS (
    DELETE FROM instore.zones AS old
    WHERE old.store_id = %(store_id)s AND NOT EXISTS (SELECT FROM new WHERE new.zone_id = old.zone_id)
)

INSERT INTO instore.zones (store_id, zone_id, name, type, polygon, capacity)
SELECT
    %(store_id)s,
    new.*
FROM new
ON CONFLICT (store_id, zone_id) DO UPDATE
SET
    name = excluded.name,
    type = excluded.type,
    polygon = excluded.polygon,
    capacity = excluded.capacity;
