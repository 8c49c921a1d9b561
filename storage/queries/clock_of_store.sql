SELECT
    store_id,
    store_time
FROM instore.store_clocks
WHERE store_id = %(store_id)s;
