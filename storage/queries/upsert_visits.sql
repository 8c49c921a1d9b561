-- What the engine says of a visit replaces what it said before. Returns the 5 minutes in which figures change by it; and the visits that
-- do not stand here as the engine believes, whatever wrote them.
WITH new AS MATERIALIZED (
    SELECT
        visit_id,
        store_id,
        device_id,
        instore.at(entered_at) AS entered_at,
        instore.at(left_at) AS left_at,
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
        is_final
    FROM json_to_recordset(%(rows)s::json) AS visit (
        visit_id uuid, store_id text, device_id text, entered_at bigint, left_at bigint, ended_by text, duration_s float8,
        n_readings integer, path text[], basket_total numeric, currency text, converted boolean, bounced boolean, pass_by boolean,
        is_staff boolean, priority text, priority_scores jsonb, is_final boolean
    )
),

old AS MATERIALIZED (
    SELECT
        visit_id,
        left_at,
        ended_by,
        n_readings,
        path,
        converted,
        bounced,
        pass_by,
        is_staff
    FROM instore.visits
    WHERE
        visit_id = ANY(%(visit_ids)s::uuid[])
        AND store_id = ANY(%(store_ids)s::text[])
        AND entered_at BETWEEN %(since)s::timestamptz AND %(last)s::timestamptz
),

-- A full join hashes both sides, however few rows the planner takes them for.
paired AS MATERIALIZED (
    SELECT
        new,
        old
    FROM new
    FULL JOIN old ON old.visit_id = new.visit_id
),

believed AS MATERIALIZED (
    SELECT
        visit_id,
        instore.at(left_at) AS left_at,
        ended_by,
        n_readings
    FROM json_to_recordset(%(before)s::json) AS visit (visit_id uuid, left_at bigint, ended_by text, n_readings integer)
),

compared AS MATERIALIZED (
    SELECT
        believed,
        old
    FROM believed
    FULL JOIN old ON old.visit_id = believed.visit_id
),

written AS (
    INSERT INTO instore.visits (
        visit_id, store_id, device_id, entered_at, left_at, ended_by, duration_s, n_readings, path,
        basket_total, currency, converted, bounced, pass_by, is_staff, priority, priority_scores, is_final, updated_at
    )
    SELECT
        *,
        now()
    FROM new
    ON CONFLICT (visit_id, entered_at, store_id) DO UPDATE
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
        updated_at = excluded.updated_at
)

SELECT DISTINCT
    store_id,
    instore_kept.bucket_5m(at) AS bucket,
    NULL::text AS visit_id
FROM (
    SELECT
        (new).store_id,
        unnest(ARRAY[
            (new).entered_at,
            CASE WHEN (new).ended_by IS NOT NULL THEN (new).left_at END,
            CASE WHEN (old).ended_by IS NOT NULL THEN (old).left_at END
        ]) AS at
    FROM paired
    WHERE
        NOT ((new).is_staff AND coalesce((old).is_staff, TRUE))
        -- An open visit that only goes on changes no figure.
        AND (
            (old).visit_id IS NULL
            OR ((new).is_staff, (new).pass_by, (new).converted, (new).bounced)
            <> ((old).is_staff, (old).pass_by, (old).converted, (old).bounced)
            OR ((new).ended_by IS NULL) <> ((old).ended_by IS NULL)
            OR ((new).ended_by IS NOT NULL AND ((new).left_at, (new).path) <> ((old).left_at, (old).path))
        )
) AS touched
WHERE at IS NOT NULL
UNION ALL
SELECT
    NULL,
    NULL,
    (believed).visit_id::text
FROM compared
WHERE
    (believed).visit_id IS NOT NULL
    AND (
        (old).visit_id IS NULL
        OR ((believed).left_at, (believed).n_readings) <> ((old).left_at, (old).n_readings)
        OR (believed).ended_by IS DISTINCT FROM (old).ended_by
    );
