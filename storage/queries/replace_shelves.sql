-- The shelves of the store are exactly these.
WITH new AS MATERIALIZED (
    SELECT *
    FROM json_to_recordset(%(rows)s::json) AS shelf (shelf_id text, zone_id text, level integer)
),

gone AS (
    DELETE FROM instore.shelves AS old
    WHERE old.store_id = %(store_id)s AND NOT EXISTS (SELECT FROM new WHERE new.shelf_id = old.shelf_id)
)

INSERT INTO instore.shelves (store_id, shelf_id, zone_id, level)
SELECT
    %(store_id)s,
    new.*
FROM new
ON CONFLICT (store_id, shelf_id) DO UPDATE
SET
    zone_id = excluded.zone_id,
    level = excluded.level;
