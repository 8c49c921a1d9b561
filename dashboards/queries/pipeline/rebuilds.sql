SELECT
    CASE
        WHEN rebuild.finished_at IS NOT NULL THEN 'done'
        WHEN rebuild.devices IS NULL THEN 'waits'
        ELSE 'at work'
    END AS "Is",
    coalesce(nullif(store.name, ''), rebuild.store_id) AS "Store",
    rebuild.since AS "From",
    rebuild.until AS "To",
    rebuild.requested_at AS "Asked for",
    rebuild.devices_done AS "Devices done",
    rebuild.devices AS "Of"
FROM instore.rebuilds AS rebuild
LEFT JOIN instore_analysis.stores AS store ON store.store_id = rebuild.store_id
WHERE $__timeFilter(rebuild.requested_at) OR (rebuild.finished_at IS NULL AND rebuild.requested_at <= $__timeTo()::timestamptz)
ORDER BY rebuild.requested_at DESC
LIMIT 50
