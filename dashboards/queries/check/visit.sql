-- One visit to look at: the last one that was paid for, or the last one.
SELECT visit_id::text AS visit_id, entered_at, left_at
FROM instore_analysis.visits
WHERE store_id = ${store:sqlstring} AND $__timeFilter(entered_at) AND NOT is_staff AND NOT pass_by
ORDER BY converted DESC, entered_at DESC
LIMIT 1
