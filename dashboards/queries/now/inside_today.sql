-- Who was inside at the beginning, and who came and went since: each twice, for now and for a week before (moved to now).
WITH spans AS (
    SELECT
        weeks,
        date_bin(interval '5 minutes', $__timeFrom()::timestamptz, timestamptz '1970-01-01 00:00:00+00') - weeks * interval '7 days' AS since,
        $__timeTo()::timestamptz - weeks * interval '7 days' AS until
    FROM generate_series(0, 1) AS weeks
),

moves AS (
    SELECT
        spans.weeks,
        spans.since AS bucket,
        count(visit.entered_at) AS net
    FROM spans
    LEFT JOIN instore_analysis.visits AS visit
        ON visit.store_id = ${store:sqlstring}
        AND visit.entered_at > spans.since - interval '1 day'
        AND visit.entered_at < spans.since
        AND (visit.left_at >= spans.since OR visit.ended_by IS NULL)
        AND NOT visit.is_staff
        AND NOT visit.pass_by
    GROUP BY spans.weeks, spans.since
    UNION ALL
    SELECT
        0,
        bucket,
        entered - exited
    FROM instore.footfall_5m
    WHERE
        store_id = ${store:sqlstring}
        AND bucket >= date_bin(interval '5 minutes', $__timeFrom()::timestamptz, timestamptz '1970-01-01 00:00:00+00')
        AND bucket < $__timeTo()::timestamptz
    UNION ALL
    SELECT
        1,
        bucket,
        entered - exited
    FROM instore.footfall_5m
    WHERE
        store_id = ${store:sqlstring}
        AND bucket >= date_bin(interval '5 minutes', $__timeFrom()::timestamptz, timestamptz '1970-01-01 00:00:00+00') - interval '7 days'
        AND bucket < $__timeTo()::timestamptz - interval '7 days'
    UNION ALL
    SELECT
        spans.weeks,
        step,
        0
    FROM spans
    CROSS JOIN LATERAL generate_series(spans.since, spans.until, interval '5 minutes') AS step
    WHERE step < spans.until
),

steps AS (
    SELECT
        bucket + weeks * interval '7 days' AS bucket,
        sum(net) FILTER (WHERE weeks = 0) AS net,
        sum(net) FILTER (WHERE weeks = 1) AS net_before
    FROM moves
    GROUP BY 1
)

SELECT
    bucket AS time,
    (sum(net) OVER past)::bigint AS "Inside",
    CASE WHEN bool_or(net_before <> 0) OVER () THEN (sum(net_before) OVER past)::bigint END AS "A week before"
FROM steps
WINDOW past AS (ORDER BY bucket)
ORDER BY bucket
