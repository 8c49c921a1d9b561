-- People in each zone whose capacity is known.
WITH
-- include parts/all_stores
,
-- include parts/present

SELECT
    asked.store_id AS store,
    asked.store_name,
    zone.zone_id AS zone,
    coalesce(nullif(zone.name, ''), zone.zone_id) AS zone_name,
    asked.page,
    count(present.zone_id) AS value
FROM asked
INNER JOIN instore.zones AS zone ON zone.store_id = asked.store_id
LEFT JOIN present ON present.store_id = zone.store_id AND present.zone_id = zone.zone_id
WHERE zone.capacity IS NOT NULL AND zone.type NOT IN ('outside', 'staff')
GROUP BY asked.store_id, asked.store_name, asked.page, zone.zone_id, zone.name
