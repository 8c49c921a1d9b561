-- Engineer: why readings were rejected. From docs/tables.md.
SELECT reason, count(*) AS rejected, min(detail) AS for_example, max(received_at) AS last_at
FROM instore.rejected_readings
GROUP BY 1
ORDER BY rejected DESC;
