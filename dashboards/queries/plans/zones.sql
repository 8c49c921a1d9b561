SELECT
    store_id,
    zone_id,
    coalesce(nullif(name, ''), zone_id) AS name,
    type,
    polygon,
    capacity
FROM instore.zones
ORDER BY store_id, zone_id
