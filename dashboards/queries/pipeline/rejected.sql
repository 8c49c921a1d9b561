SELECT
    reason AS "Reason",
    count(*) AS "Rejected"
FROM instore_analysis.rejected_readings
WHERE $__timeFilter(received_at)
GROUP BY reason
ORDER BY 2 DESC, 1
