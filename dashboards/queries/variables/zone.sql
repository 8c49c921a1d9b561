SELECT
    zone_id AS __value,
    coalesce(nullif(name, ''), zone_id) AS __text
FROM instore.zones
WHERE store_id = ${store:sqlstring}
ORDER BY 2, 1
