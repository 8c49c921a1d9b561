-- Days of visits that end now, twelve hours each: one to nineteen stays of 45 s on average, nine of ten visits end at the tills.
INSERT INTO instore.stays (
    visit_id, seq, store_id, device_id, zone_id, started_at, ended_at, dwell_s, is_staff, is_open, is_first, from_zone_id
)
WITH visits AS MATERIALIZED (
    SELECT
        gen_random_uuid() AS visit_id,
        'store-' || store AS store_id,
        'band-' || number AS device_id,
        date_trunc('second', now()) - day * interval '1 day' - random() * interval '12 hours' AS entered_at,
        1 + floor(random() * 10 + random() * 10)::integer AS n_stays,
        random() < 0.02 AS is_staff
    FROM
        generate_series(1, %(stores)s::integer) AS store,
        generate_series(0, %(days)s::integer - 1) AS day,
        generate_series(1, %(visits)s::integer) AS number
),

parts AS MATERIALIZED (
    SELECT
        *,
        CASE WHEN seq = n_stays - 1 AND random() < 0.9 THEN 'zone-0' ELSE 'zone-' || 1 + floor(random() * 11)::integer END AS zone_id,
        (floor(-ln(1 - random()) * 45e6) + 1e6)::bigint AS micros
    FROM visits, generate_series(0, n_stays - 1) AS seq
),

cut AS MATERIALIZED (
    SELECT
        *,
        entered_at + coalesce(sum(micros) OVER earlier, 0)::bigint * interval '1 microsecond' AS started_at
    FROM parts
    WINDOW earlier AS (PARTITION BY visit_id ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
)

SELECT
    visit_id,
    seq,
    store_id,
    device_id,
    zone_id,
    started_at,
    least(started_at + micros * interval '1 microsecond', now()),
    extract(EPOCH FROM least(started_at + micros * interval '1 microsecond', now()) - started_at)::double precision,
    is_staff,
    started_at + micros * interval '1 microsecond' > now(),
    row_number() OVER (PARTITION BY visit_id, zone_id ORDER BY seq) = 1,
    lag(zone_id) OVER (PARTITION BY visit_id ORDER BY seq)
FROM cut
WHERE started_at <= now();
