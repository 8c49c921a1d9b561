-- Planner: where people go from the entrance. From docs/rollups.md.
SELECT to_zone_id, sum(moves) AS moves, round(100 * sum(moves) / sum(sum(moves)) OVER (), 1) AS percent
FROM instore.transition_day
WHERE store_id = %(store_id)s AND from_zone_id = 'entrance' AND bucket >= %(now)s - interval '30 days'
GROUP BY 1
ORDER BY moves DESC;
