SELECT
    store_id,
    store_time,
    told_by
FROM instore.store_clocks
WHERE store_id = %(store_id)s;
