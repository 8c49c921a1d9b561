SELECT
    store_id,
    store_time,
    told_by
FROM instore.store_clocks
WHERE topic = %(topic)s AND partition = %(partition)s
ORDER BY store_id;
