-- The stays of the visits named, each from its place `first` on, are exactly these. Some are as they were: only what differs is written.
-- Returns the 5 minutes in which figures change by it; and, with their keys, the stays that are no more, for `delete_stays.sql`.
WITH new AS MATERIALIZED (
    SELECT
        visit_id,
        seq,
        store_id,
        device_id,
        zone_id,
        instore.at(started_at) AS started_at,
        instore.at(ended_at) AS ended_at,
        dwell_s,
        is_staff,
        is_open,
        is_first,
        from_zone_id,
        instore.at(paid_at) AS paid_at
    FROM json_to_recordset(%(rows)s::json) AS stay (
        visit_id uuid, seq integer, store_id text, device_id text, zone_id text, started_at bigint, ended_at bigint, dwell_s float8,
        is_staff boolean, is_open boolean, is_first boolean, from_zone_id text, paid_at bigint
    )
),

stored AS MATERIALIZED (
    SELECT
        visit_id,
        seq,
        store_id,
        zone_id,
        started_at,
        ended_at,
        is_staff,
        is_open,
        is_first,
        from_zone_id,
        paid_at
    FROM instore.stays
    WHERE visit_id = ANY(%(visit_ids)s::uuid[]) AND store_id = ANY(%(store_ids)s::text[]) AND started_at >= %(since)s::timestamptz
),

-- A full join hashes both sides, however few rows the planner takes them for; it must not see what is asked of the result.
known AS MATERIALIZED (
    SELECT
        stored,
        visit.first
    FROM stored
    FULL JOIN unnest(%(visit_ids)s::uuid[], %(firsts)s::integer[]) AS visit (visit_id, first) ON visit.visit_id = stored.visit_id
),

old AS MATERIALIZED (
    SELECT (stored).*
    FROM known
    WHERE (stored).seq >= first
),

-- The same here; all that follows reads it once.
paired AS MATERIALIZED (
    SELECT
        new,
        old
    FROM new
    FULL JOIN old ON old.visit_id = new.visit_id AND old.seq = new.seq AND old.started_at = new.started_at
),

written AS (
    INSERT INTO instore.stays (
        visit_id, seq, store_id, device_id, zone_id, started_at, ended_at, dwell_s, is_staff, is_open, is_first, from_zone_id, paid_at
    )
    SELECT (new).*
    FROM paired
    WHERE
        (new).visit_id IS NOT NULL
        AND (
            (old).visit_id IS NULL
            OR ((new).zone_id, (new).ended_at, (new).is_staff, (new).is_open, (new).is_first)
            <> ((old).zone_id, (old).ended_at, (old).is_staff, (old).is_open, (old).is_first)
            OR ((new).from_zone_id, (new).paid_at) IS DISTINCT FROM ((old).from_zone_id, (old).paid_at)
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
        paid_at = excluded.paid_at
)

SELECT DISTINCT
    store_id,
    instore_kept.bucket_5m(at) AS bucket,
    NULL::uuid AS visit_id,
    NULL::integer AS seq,
    NULL::timestamptz AS started_at
FROM (
    SELECT
        coalesce((new).store_id, (old).store_id) AS store_id,
        unnest(ARRAY[
            (new).started_at,
            (old).started_at,
            CASE WHEN NOT (new).is_open THEN (new).ended_at END,
            CASE WHEN NOT (old).is_open THEN (old).ended_at END
        ]) AS at
    FROM paired
    WHERE
        NOT (coalesce((new).is_staff, TRUE) AND coalesce((old).is_staff, TRUE))
        -- An open stay that only goes on changes no figure.
        AND (
            (new).visit_id IS NULL
            OR (old).visit_id IS NULL
            OR ((new).zone_id, (new).is_staff, (new).is_open, (new).is_first) <> ((old).zone_id, (old).is_staff, (old).is_open, (old).is_first)
            OR ((new).from_zone_id, (new).paid_at) IS DISTINCT FROM ((old).from_zone_id, (old).paid_at)
            OR (NOT (new).is_open AND (new).ended_at <> (old).ended_at)
        )
) AS touched
WHERE at IS NOT NULL
UNION ALL
SELECT
    (old).store_id,
    NULL,
    (old).visit_id,
    (old).seq,
    (old).started_at
FROM paired
WHERE (new).visit_id IS NULL;
