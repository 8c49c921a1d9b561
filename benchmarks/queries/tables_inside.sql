-- Store manager: who is inside at this moment, and where. From docs/tables.md.
SELECT store_id, path[cardinality(path)] AS zone_id, count(*) AS people
FROM instore.visits
WHERE ended_by IS NULL AND NOT is_staff AND NOT pass_by
GROUP BY 1, 2
ORDER BY people DESC;
