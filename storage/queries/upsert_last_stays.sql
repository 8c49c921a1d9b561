-- The last stays of visits that go on are exactly these; the ones before them are as they were.
INSERT INTO instore.stays (
    visit_id, seq, store_id, device_id, zone_id, started_at, ended_at, dwell_s, is_staff, is_open, is_first, from_zone_id, paid_at
)
SELECT
    visit_id,
    seq,
    store_id,
    device_id,
    zone_id,
    instore.at(started_at),
    instore.at(ended_at),
    dwell_s,
    is_staff,
    is_open,
    is_first,
    from_zone_id,
    instore.at(paid_at)
FROM json_to_recordset(%(rows)s::json) AS stay (
    visit_id uuid, seq integer, store_id text, device_id text, zone_id text, started_at bigint, ended_at bigint, dwell_s float8,
    is_staff boolean, is_open boolean, is_first boolean, from_zone_id text, paid_at bigint
)
ON CONFLICT (visit_id, seq, started_at, store_id) DO UPDATE
SET
    zone_id = excluded.zone_id,
    ended_at = excluded.ended_at,
    dwell_s = excluded.dwell_s,
    is_staff = excluded.is_staff,
    is_open = excluded.is_open,
    is_first = excluded.is_first,
    from_zone_id = excluded.from_zone_id,
    paid_at = excluded.paid_at;
