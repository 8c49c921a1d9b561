-- Visits that no longer exist, which began between `first` and `last`. What hangs on them is for `parts_of_visits.sql`.
DELETE FROM instore.visits
WHERE
    visit_id = ANY(%(visit_ids)s::uuid[])
    AND store_id = ANY(%(store_ids)s::text[])
    AND entered_at BETWEEN %(first)s::timestamptz AND %(last)s::timestamptz
RETURNING store_id, entered_at, left_at;
