SELECT
    store_id,
    store_time
FROM instore.store_clocks
WHERE topic = %(topic)s AND partition = %(partition)s
ORDER BY store_id;
