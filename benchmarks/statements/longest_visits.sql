-- What the writer notes of each customer's visit that it writes, for those that were copied.
UPDATE instore.stores AS store
SET longest_visit = greatest(store.longest_visit, seen.longest)
FROM (
    SELECT
        store_id,
        ceil(extract(EPOCH FROM max(left_at - entered_at)) / 3600) * interval '1 hour' AS longest
    FROM instore.visits
    WHERE NOT is_staff
    GROUP BY store_id
) AS seen
WHERE seen.store_id = store.store_id;
