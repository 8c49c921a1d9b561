SELECT
    CASE WHEN sum(abs(counts.difference)) = 0 THEN 'adds up' ELSE 'does not' END AS "It",
    CASE WHEN counts.store_id = '' THEN '(no store named)' ELSE coalesce(nullif(store.name, ''), counts.store_id) END AS "Store",
    sum(counts.received)::bigint AS "Received",
    sum(counts.stored)::bigint AS "Stored",
    sum(counts.duplicate)::bigint AS "Duplicate",
    sum(counts.rejected)::bigint AS "Rejected",
    sum(counts.difference)::bigint AS "Difference",
    count(*) FILTER (WHERE counts.difference <> 0) AS "Hours off"
FROM instore.accounting AS counts
LEFT JOIN instore_analysis.stores AS store ON store.store_id = counts.store_id
WHERE counts.hour > $__timeFrom()::timestamptz - interval '1 hour' AND counts.hour <= $__timeTo()::timestamptz
GROUP BY counts.store_id, store.name
ORDER BY sum(abs(counts.difference)) DESC, counts.store_id
