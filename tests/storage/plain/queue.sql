SELECT
    store_id,
    bucket,
    zone_id,
    count(*) AS joined,
    count(first_paid_at) AS served,
    count(*) FILTER (WHERE first_paid_at IS NULL AND is_over AND dwell_s >= 30) AS abandoned,
    coalesce(sum(extract(EPOCH FROM first_paid_at - started_at)), 0) AS wait_s,
    instore.histogram(extract(EPOCH FROM first_paid_at - started_at)::double precision) AS wait_histogram
FROM (
    SELECT
        stay.*,
        pg_temp.cut(store_id, started_at) AS bucket,
        (
            SELECT min(payment.ts)
            FROM instore.payments AS payment
            WHERE payment.visit_id = stay.visit_id AND payment.ts >= stay.started_at AND payment.ts < coalesce(stay.next_at, 'infinity')
        ) AS first_paid_at
    FROM pg_temp.stays_of_visits AS stay
    INNER JOIN instore.zones AS zone USING (store_id, zone_id)
    WHERE zone.type = 'checkout'
) AS queued
GROUP BY 1, 2, 3;
