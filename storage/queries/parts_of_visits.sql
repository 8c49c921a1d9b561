-- What hangs on these visits, with its keys; of the stays, when they ended too. `since` is when the first of the visits began.
SELECT
    'stays' AS part,
    store_id,
    visit_id,
    seq::text AS key,
    started_at AS at,
    ended_at
FROM instore.stays
WHERE visit_id = ANY(%(visit_ids)s::uuid[]) AND store_id = ANY(%(store_ids)s::text[]) AND started_at >= %(since)s::timestamptz
UNION ALL
SELECT
    'shelf_visits',
    store_id,
    visit_id,
    reading_id,
    ts,
    NULL
FROM instore.shelf_visits
WHERE visit_id = ANY(%(visit_ids)s::uuid[]) AND store_id = ANY(%(store_ids)s::text[]) AND ts >= %(since)s::timestamptz
UNION ALL
SELECT
    'payments',
    store_id,
    visit_id,
    reading_id,
    ts,
    NULL
FROM instore.payments
WHERE visit_id = ANY(%(visit_ids)s::uuid[]) AND store_id = ANY(%(store_ids)s::text[]) AND ts >= %(since)s::timestamptz;
