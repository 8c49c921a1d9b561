-- Visits that no longer exist, with all that hangs on them; their payments belong to nobody until told otherwise.
-- `since` is the earliest of their beginnings: older chunks need not be looked at.
WITH removed AS (
    DELETE FROM instore.visits
    WHERE visit_id = ANY(%(visit_ids)s::uuid[]) AND entered_at >= instore.at(%(since)s::bigint)
),

removed_stays AS (
    DELETE FROM instore.stays
    WHERE visit_id = ANY(%(visit_ids)s::uuid[]) AND started_at >= instore.at(%(since)s::bigint)
),

removed_shelf_visits AS (
    DELETE FROM instore.shelf_visits
    WHERE visit_id = ANY(%(visit_ids)s::uuid[]) AND ts >= instore.at(%(since)s::bigint)
)

UPDATE instore.payments
SET visit_id = NULL
WHERE visit_id = ANY(%(visit_ids)s::uuid[]);
