-- Engineer: one device's way through a store, reading by reading. From docs/tables.md.
SELECT ts, kind, zone_id, shelf_id, action, product_id, direction
FROM instore.readings
WHERE store_id = %(store_id)s AND device_id = %(device_id)s AND ts >= %(now)s - interval '7 days'
ORDER BY ts;
