WITH
-- include parts/one_store
,
-- include parts/present

SELECT
    zone.zone_id AS zone,
    count(present.zone_id) AS value,
    CASE WHEN zone.type IN ('outside', 'staff') OR zone.capacity IS NULL THEN 1000000 ELSE zone.capacity END AS max,
    CASE
        WHEN zone.type IN ('outside', 'staff') OR zone.capacity IS NULL THEN 'none'
        ELSE 'suffix: of ' || zone.capacity
    END AS unit
FROM instore.zones AS zone
LEFT JOIN present ON present.zone_id = zone.zone_id
WHERE zone.store_id = ${store:sqlstring}
GROUP BY zone.zone_id, zone.type, zone.capacity
ORDER BY zone.zone_id
