-- What the engine says of a visit replaces what it said before.
INSERT INTO instore.visits (
    visit_id, store_id, device_id, entered_at, left_at, ended_by, duration_s, n_readings, path,
    basket_total, currency, converted, bounced, pass_by, is_staff, priority, priority_scores, is_final, updated_at
)
SELECT
    visit_id,
    store_id,
    device_id,
    instore.at(entered_at),
    instore.at(left_at),
    ended_by,
    duration_s,
    n_readings,
    path,
    basket_total,
    currency,
    converted,
    bounced,
    pass_by,
    is_staff,
    priority,
    priority_scores,
    is_final,
    now()
FROM json_to_recordset(%(rows)s::json) AS new (
    visit_id uuid, store_id text, device_id text, entered_at bigint, left_at bigint, ended_by text, duration_s float8,
    n_readings integer, path text[], basket_total numeric, currency text, converted boolean, bounced boolean, pass_by boolean,
    is_staff boolean, priority text, priority_scores jsonb, is_final boolean
)
ON CONFLICT (visit_id, entered_at) DO UPDATE
SET
    left_at = excluded.left_at,
    ended_by = excluded.ended_by,
    duration_s = excluded.duration_s,
    n_readings = excluded.n_readings,
    path = excluded.path,
    basket_total = excluded.basket_total,
    currency = excluded.currency,
    converted = excluded.converted,
    bounced = excluded.bounced,
    pass_by = excluded.pass_by,
    is_staff = excluded.is_staff,
    priority = excluded.priority,
    priority_scores = excluded.priority_scores,
    is_final = excluded.is_final,
    updated_at = excluded.updated_at;
