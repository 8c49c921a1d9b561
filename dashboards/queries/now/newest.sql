SELECT extract(EPOCH FROM $__timeTo()::timestamptz - least(store_time, $__timeTo()::timestamptz))::double precision AS "Behind"
FROM instore.store_clocks
WHERE store_id = ${store:sqlstring}
