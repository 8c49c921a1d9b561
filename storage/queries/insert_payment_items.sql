INSERT INTO instore.payment_items (store_id, reading_id, ts, line_no, product_id, quantity, unit_price)
SELECT
    store_id,
    reading_id,
    instore.at(ts),
    line_no,
    product_id,
    quantity,
    unit_price
FROM json_to_recordset(%(rows)s::json) AS new (
    store_id text, reading_id text, ts bigint, line_no integer, product_id text, quantity numeric, unit_price numeric
)
ON CONFLICT (store_id, reading_id, ts, line_no) DO NOTHING;
