-- Open visits that only became longer, in the stay in which they were. Returns those that stood here as the engine believes, with that stay;
-- of any other nothing counts, and all of it is to be written. No figure changes by these.
WITH told AS MATERIALIZED (
    SELECT
        visit_id,
        instore.at(entered_at) AS entered_at,
        instore.at(left_at) AS left_at,
        instore.at(was_left_at) AS was_left_at,
        n_readings,
        n_were,
        seq,
        instore.at(started_at) AS started_at,
        instore.at(ended_at) AS ended_at
    FROM unnest(
        %(visit_ids)s::uuid[], %(entered)s::bigint[], %(left)s::bigint[], %(were_left)s::bigint[], %(n_readings)s::integer[],
        %(n_were)s::integer[], %(seqs)s::integer[], %(started)s::bigint[], %(ended)s::bigint[]
    ) AS visit (visit_id, entered_at, left_at, was_left_at, n_readings, n_were, seq, started_at, ended_at)
),

visits AS (
    UPDATE instore.visits AS visit
    SET
        left_at = told.left_at,
        duration_s = extract(EPOCH FROM told.left_at - told.entered_at),
        n_readings = told.n_readings,
        updated_at = now()
    FROM told
    WHERE
        visit.visit_id = told.visit_id
        AND visit.entered_at = told.entered_at
        AND visit.left_at = told.was_left_at
        AND visit.n_readings = told.n_were
        AND visit.ended_by IS NULL
        AND visit.store_id = ANY(%(store_ids)s::text[])
        AND visit.entered_at BETWEEN %(since)s::timestamptz AND %(last)s::timestamptz
    RETURNING
        visit.visit_id,
        visit.store_id,
        visit.is_staff,
        visit.left_at - visit.entered_at AS duration,
        told.seq,
        told.started_at,
        told.ended_at
),

stays AS (
    UPDATE instore.stays AS stay
    SET
        ended_at = visits.ended_at,
        dwell_s = extract(EPOCH FROM visits.ended_at - visits.started_at)
    FROM visits
    WHERE
        stay.visit_id = visits.visit_id
        AND stay.seq = visits.seq
        AND stay.started_at = visits.started_at
        AND stay.store_id = ANY(%(store_ids)s::text[])
        AND stay.started_at BETWEEN %(first_stay)s::timestamptz AND %(last_stay)s::timestamptz
    RETURNING stay.visit_id
),

longer AS (
    UPDATE instore.stores AS store
    SET longest_visit = seen.longest
    FROM (
        SELECT
            store_id,
            ceil(extract(EPOCH FROM max(duration)) / 3600) * interval '1 hour' AS longest
        FROM visits
        WHERE NOT is_staff
        GROUP BY store_id
    ) AS seen
    WHERE store.store_id = seen.store_id AND store.longest_visit < seen.longest
)

SELECT visit_id::text
FROM visits
WHERE seq IS NULL
UNION ALL
SELECT visit_id::text
FROM stays;
