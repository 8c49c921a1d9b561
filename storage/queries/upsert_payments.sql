-- A receipt never changes; the visit it belongs to may, and the zone of its till. Returns the 5 minutes in which figures change by it.
INSERT INTO instore.payments (
    store_id, reading_id, ts, received_at, sensor_id, zone_id, device_id, visit_id, receipt_id, amount, currency
)
SELECT
    store_id,
    reading_id,
    instore.at(ts),
    instore.at(received_at),
    sensor_id,
    zone_id,
    device_id,
    visit_id,
    receipt_id,
    amount,
    currency
FROM json_to_recordset(%(rows)s::json) AS new (
    store_id text, reading_id text, ts bigint, received_at bigint, sensor_id text, zone_id text, device_id text, visit_id uuid,
    receipt_id text, amount numeric, currency text
)
ON CONFLICT (store_id, reading_id, ts) DO UPDATE
SET visit_id = excluded.visit_id, zone_id = excluded.zone_id
WHERE (payments.visit_id, payments.zone_id) IS DISTINCT FROM (excluded.visit_id, excluded.zone_id)
RETURNING store_id, instore_kept.bucket_5m(ts) AS bucket;
