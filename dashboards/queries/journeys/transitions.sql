WITH
-- include parts/stretches stores.store_id = ${store:sqlstring}
,
-- include parts/told transition

SELECT
    CASE WHEN from_zone_id IS NULL THEN 'in from the street' ELSE coalesce(nullif(a.name, ''), from_zone_id) END AS "From",
    CASE WHEN to_zone_id IS NULL THEN 'out to the street' ELSE coalesce(nullif(b.name, ''), to_zone_id) END AS "To",
    sum(moves) AS "Moves",
    sum(moves) / sum(sum(moves)) OVER (PARTITION BY from_zone_id) AS "Of those who leave"
FROM transition_told
LEFT JOIN instore.zones AS a ON a.store_id = ${store:sqlstring} AND a.zone_id = from_zone_id
LEFT JOIN instore.zones AS b ON b.store_id = ${store:sqlstring} AND b.zone_id = to_zone_id
WHERE is_now
GROUP BY from_zone_id, to_zone_id, a.name, b.name
ORDER BY 3 DESC, 1, 2
LIMIT 25
