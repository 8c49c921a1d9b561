-- Readings missing or double in the last day, by store; the empty name is of readings that named none.
SELECT
    CASE WHEN counts.store_id = '' THEN '(none)' ELSE counts.store_id END AS store,
    coalesce(nullif(store.name, ''), nullif(counts.store_id, ''), 'no store named') AS store_name,
    sum(abs(counts.difference))::bigint AS value
FROM instore.accounting AS counts
LEFT JOIN instore_analysis.stores AS store ON store.store_id = counts.store_id
WHERE counts.hour > $__timeTo()::timestamptz - interval '1 day' AND counts.hour <= $__timeTo()::timestamptz
GROUP BY counts.store_id, store.name
