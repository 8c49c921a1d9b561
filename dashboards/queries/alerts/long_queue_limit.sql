-- The expected wait that is too long, in seconds, by the rules of each store.
WITH
-- include parts/all_stores
,
-- include parts/till_zones

SELECT
    till_zones.store_id AS store,
    till_zones.store_name,
    till_zones.zone_id AS zone,
    till_zones.zone_name,
    asked.page,
    till_zones.limit_s AS value
FROM till_zones
INNER JOIN asked ON asked.store_id = till_zones.store_id
WHERE till_zones.limit_s IS NOT NULL
