-- Who is in a zone, as docs/signals.md says it: from the start of a stay until its end, where the visit goes on elsewhere or is left
-- at that moment, else for `presence_hold_s` longer (for 10 minutes at most, whatever the rule says). Stepwise: each step costs more a row.
heard AS MATERIALIZED (
    SELECT
        stay.store_id,
        stay.zone_id,
        stay.visit_id,
        stay.seq,
        stay.started_at,
        stay.ended_at
    FROM asked
    INNER JOIN instore_analysis.stays AS stay ON stay.store_id = asked.store_id
    WHERE
        NOT stay.is_staff
        AND stay.started_at >= $__timeTo()::timestamptz - asked.longest_visit
        AND stay.started_at <= $__timeTo()::timestamptz
        AND stay.ended_at > $__timeTo()::timestamptz - interval '10 minutes'
        AND stay.ended_at <= $__timeTo()::timestamptz + asked.longest_visit
        AND stay.ended_at > $__timeTo()::timestamptz - interval '1 second' * least(
            coalesce((asked.rules ->> 'presence_hold_s')::double precision, 30),
            coalesce((asked.rules ->> 'presence_gap_s')::double precision, 60),
            coalesce((asked.rules ->> 'visit_timeout_s')::double precision, 1800)
        )
),

present AS MATERIALIZED (
    SELECT
        heard.store_id,
        heard.zone_id,
        heard.visit_id,
        heard.started_at
    FROM heard
    LEFT JOIN LATERAL (
        SELECT TRUE AS went_on
        FROM instore_analysis.stays AS next
        WHERE
            heard.ended_at <= $__timeTo()::timestamptz
            AND next.store_id = heard.store_id
            AND next.started_at = heard.ended_at
            AND next.visit_id = heard.visit_id
            AND next.seq = heard.seq + 1
        LIMIT 1
    ) AS elsewhere ON TRUE
    LEFT JOIN LATERAL (
        SELECT TRUE AS left_the_store
        FROM instore_analysis.visits AS visit
        WHERE
            heard.ended_at <= $__timeTo()::timestamptz
            AND visit.store_id = heard.store_id
            AND visit.left_at = heard.ended_at
            AND visit.entered_at > $__timeTo()::timestamptz - interval '1 day'
            AND visit.visit_id = heard.visit_id
            AND visit.ended_by = 'exit'
        LIMIT 1
    ) AS gone ON TRUE
    WHERE elsewhere.went_on IS NULL AND gone.left_the_store IS NULL
)
