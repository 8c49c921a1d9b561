-- The sensors of the store are exactly these.
WITH new AS MATERIALIZED (
    SELECT *
    FROM json_to_recordset(%(rows)s::json) AS sensor (sensor_id text, type text, zone_id text, x float8, y float8)
),

gone AS (
    DELETE FROM instore.sensors AS old
    WHERE old.store_id = %(store_id)s AND NOT EXISTS (SELECT FROM new WHERE new.sensor_id = old.sensor_id)
)

INSERT INTO instore.sensors (store_id, sensor_id, type, zone_id, x, y)
SELECT
    %(store_id)s,
    new.*
FROM new
ON CONFLICT (store_id, sensor_id) DO UPDATE
SET
    type = excluded.type,
    zone_id = excluded.zone_id,
    x = excluded.x,
    y = excluded.y;
