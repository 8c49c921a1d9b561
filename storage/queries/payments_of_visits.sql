-- With their lines as JSON text, whose numbers are exact. Ids in the order of their bytes, which is the engine's order too.
SELECT
    payment.visit_id::text,
    payment.reading_id,
    payment.store_id,
    payment.sensor_id,
    payment.ts,
    payment.received_at,
    payment.device_id,
    payment.zone_id,
    payment.receipt_id,
    payment.amount,
    payment.currency,
    coalesce(item.lines, '[]')::text
FROM instore.payments AS payment
LEFT JOIN LATERAL (
    SELECT
        json_agg(
            json_build_object('product_id', line.product_id, 'quantity', line.quantity, 'unit_price', line.unit_price)
            ORDER BY line.line_no
        ) AS lines
    FROM instore.payment_items AS line
    WHERE line.store_id = payment.store_id AND line.reading_id = payment.reading_id AND line.ts = payment.ts
) AS item ON true
WHERE
    payment.visit_id = ANY(%(visit_ids)s::uuid[])
    AND payment.store_id = ANY(%(store_ids)s::text[])
    AND payment.ts >= instore.at(%(since)s::bigint)
ORDER BY payment.visit_id, payment.ts, payment.reading_id COLLATE "C";
