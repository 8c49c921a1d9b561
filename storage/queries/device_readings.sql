-- What devices said and paid from a time on. Columns in the order of storage.reading_rows.READING_COLUMNS.
SELECT
    ts,
    received_at,
    is_late,
    kind,
    store_id,
    sensor_id,
    id,
    device_id,
    zone_id,
    duration_s,
    rssi_dbm,
    direction,
    shelf_id,
    action,
    product_id,
    state,
    receipt_id,
    amount,
    currency,
    items::text
FROM instore.readings
WHERE store_id = %(store_id)s AND device_id = ANY(%(devices)s::text[]) AND ts >= instore.at(%(since)s::bigint)
ORDER BY ts;
