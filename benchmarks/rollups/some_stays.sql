-- Stays of some hours that ended so long ago.
INSERT INTO instore.stays (
    visit_id, seq, store_id, device_id, zone_id, started_at, ended_at, dwell_s, is_staff, is_open, is_first, from_zone_id
)
SELECT
    gen_random_uuid(),
    0,
    'store-' || number %% 50 + 1,
    'band',
    'zone-' || number %% 12,
    began.at,
    began.at + interval '1 minute',
    60,
    FALSE,
    FALSE,
    TRUE,
    NULL
FROM
    generate_series(1, %(n)s::integer) AS number,
    LATERAL (SELECT now() - %(ago)s::interval - number * interval '1 second' AS at) AS began;
