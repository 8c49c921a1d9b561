-- From when to when the page of a visit is to be opened: a minute before it to a minute after.
link_times AS MATERIALIZED (
    SELECT
        visit.visit_id,
        (extract(EPOCH FROM visit.entered_at - interval '1 minute') * 1000)::bigint::text AS from_ms,
        (extract(EPOCH FROM visit.left_at + interval '1 minute') * 1000)::bigint::text AS to_ms
    FROM asked
    INNER JOIN instore_analysis.visits AS visit ON visit.store_id = asked.store_id
    WHERE
        visit.entered_at >= $__timeTo()::timestamptz - asked.longest_visit
        AND visit.entered_at <= $__timeTo()::timestamptz
        AND visit.left_at > $__timeTo()::timestamptz - interval '3 hours'
)
