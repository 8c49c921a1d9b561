-- How many people each zone holds.
WITH
-- include parts/all_stores

SELECT
    asked.store_id AS store,
    asked.store_name,
    zone.zone_id AS zone,
    coalesce(nullif(zone.name, ''), zone.zone_id) AS zone_name,
    asked.page,
    zone.capacity AS value
FROM asked
INNER JOIN instore.zones AS zone ON zone.store_id = asked.store_id
WHERE zone.capacity IS NOT NULL AND zone.type NOT IN ('outside', 'staff')
