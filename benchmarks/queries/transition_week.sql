-- Planner: from which zone to which do people go? A week.
SELECT coalesce(from_zone_id, 'in') AS source, coalesce(to_zone_id, 'out') AS target, sum(moves) AS moves
FROM instore.transition_hour
WHERE store_id = %(store_id)s AND bucket >= %(week_ago)s AND bucket <= %(now)s
GROUP BY 1, 2
ORDER BY moves DESC;
