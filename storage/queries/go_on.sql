-- Open visits that only became longer: of their rows, only that is written. Returns those that stood here as the engine believes; nothing is
-- written of any other. No figure changes by these.
WITH told AS MATERIALIZED (
    SELECT
        visit_id,
        instore.at(left_at) AS left_at,
        instore.at(was_left_at) AS was_left_at,
        n_readings,
        n_were
    FROM unnest(%(visit_ids)s::uuid[], %(left)s::bigint[], %(were_left)s::bigint[], %(n_readings)s::integer[], %(n_were)s::integer[])
        AS visit (visit_id, left_at, was_left_at, n_readings, n_were)
),

old AS MATERIALIZED (
    SELECT
        visit_id,
        store_id,
        device_id,
        entered_at,
        left_at,
        ended_by,
        n_readings,
        path,
        converted,
        bounced,
        pass_by,
        is_staff,
        is_final
    FROM instore.visits
    WHERE
        visit_id = ANY(%(visit_ids)s::uuid[])
        AND store_id = ANY(%(store_ids)s::text[])
        AND entered_at BETWEEN %(since)s::timestamptz AND %(last)s::timestamptz
),

-- A full join hashes both sides, however few rows the planner takes them for.
paired AS MATERIALIZED (
    SELECT
        told,
        old
    FROM told
    FULL JOIN old ON old.visit_id = told.visit_id
),

longer AS MATERIALIZED (
    SELECT
        (old).visit_id,
        (old).store_id,
        (old).device_id,
        (old).entered_at,
        (told).left_at,
        extract(EPOCH FROM (told).left_at - (old).entered_at) AS duration_s,
        (told).n_readings,
        (old).path,
        (old).converted,
        (old).bounced,
        (old).pass_by,
        (old).is_staff,
        (old).is_final
    FROM paired
    WHERE (old).ended_by IS NULL AND (old).left_at = (told).was_left_at AND (old).n_readings = (told).n_were
),

-- All of them are there, and nobody else may write them. An update would join, and by a plan that nobody knows; this looks each up by its key.
written AS (
    INSERT INTO instore.visits (
        visit_id, store_id, device_id, entered_at, left_at, duration_s, n_readings, path, converted, bounced, pass_by, is_staff, is_final,
        updated_at
    )
    SELECT
        visit_id,
        store_id,
        device_id,
        entered_at,
        left_at,
        duration_s,
        n_readings,
        path,
        converted,
        bounced,
        pass_by,
        is_staff,
        is_final,
        now()
    FROM longer
    ON CONFLICT (visit_id, entered_at, store_id) DO UPDATE
    SET
        left_at = excluded.left_at,
        duration_s = excluded.duration_s,
        n_readings = excluded.n_readings,
        updated_at = excluded.updated_at
)

SELECT visit_id::text
FROM longer;
