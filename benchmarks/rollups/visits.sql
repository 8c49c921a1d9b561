-- The visits of the stays; one in two shoppers takes something up, and who stayed at the tills has paid there when leaving them.
WITH whole AS MATERIALIZED (
    SELECT
        visit_id,
        store_id,
        device_id,
        is_staff,
        min(started_at) AS entered_at,
        max(ended_at) AS left_at,
        bool_or(is_open) AS is_open,
        count(*) AS n,
        array_agg(zone_id ORDER BY seq) FILTER (WHERE from_zone_id IS DISTINCT FROM zone_id) AS path
    FROM instore.stays
    GROUP BY visit_id, store_id, device_id, is_staff
),

paid AS (
    UPDATE instore.stays
    SET paid_at = ended_at - interval '1 microsecond'
    WHERE zone_id = 'zone-0' AND NOT is_open AND dwell_s > 1
    RETURNING visit_id, store_id, device_id, paid_at
),

receipts AS (
    INSERT INTO instore.payments (store_id, reading_id, ts, received_at, sensor_id, device_id, visit_id, receipt_id, amount, currency)
    SELECT store_id, visit_id::text, paid_at, paid_at, 'till-1', device_id, visit_id, visit_id::text, 12.5, 'EUR'
    FROM paid
),

touched AS (
    INSERT INTO instore.shelf_visits (visit_id, store_id, device_id, reading_id, ts, shelf_id, action, product_id, is_staff)
    SELECT visit_id, store_id, device_id, visit_id::text, entered_at, 'shelf-' || n, 'pickup', 'product-' || n, is_staff
    FROM whole
    WHERE random() < 0.5
)

INSERT INTO instore.visits (
    visit_id, store_id, device_id, entered_at, left_at, ended_by, duration_s, n_readings, path, converted, bounced, pass_by, is_staff,
    is_final, updated_at
)
SELECT
    whole.visit_id,
    whole.store_id,
    whole.device_id,
    whole.entered_at,
    whole.left_at,
    CASE WHEN NOT whole.is_open THEN 'exit' END,
    extract(EPOCH FROM whole.left_at - whole.entered_at)::double precision,
    whole.n,
    whole.path,
    paid.visit_id IS NOT NULL,
    NOT whole.is_open AND paid.visit_id IS NULL AND whole.left_at - whole.entered_at < interval '2 minutes',
    FALSE,
    whole.is_staff,
    NOT whole.is_open,
    now()
FROM whole
LEFT JOIN paid ON paid.visit_id = whole.visit_id;
