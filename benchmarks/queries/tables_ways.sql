-- Planner: the commonest ways through the store. From docs/tables.md.
SELECT array_to_string(path, ' > ') AS way, count(*) AS visits
FROM instore.visits
WHERE is_final AND NOT is_staff AND NOT pass_by AND entered_at >= %(now)s - interval '30 days'
GROUP BY 1
ORDER BY visits DESC
LIMIT 10;
