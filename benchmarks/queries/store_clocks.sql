-- Operator: how far behind is each store?
SELECT store_id, store_time, %(now)s - store_time AS behind
FROM instore.store_clocks
ORDER BY behind DESC;
