WITH latest AS (
    SELECT *
    FROM instore_analysis.visits
    WHERE
        store_id = ${store:sqlstring}
        AND entered_at >= $__timeFrom()::timestamptz
        AND entered_at <= $__timeTo()::timestamptz
        AND NOT is_staff
        AND NOT pass_by
    ORDER BY entered_at DESC
    LIMIT 50
)

SELECT
    entered_at AS "Came",
    CASE
        WHEN left_at > $__timeTo()::timestamptz OR ended_by IS NULL THEN 'inside'
        WHEN converted THEN 'bought'
        WHEN bounced THEN 'left at once'
        ELSE 'left without buying'
    END AS "Outcome",
    duration_s AS "Stayed",
    basket_total AS "Paid",
    currency AS "Currency",
    priority AS "Values",
    cardinality(path) AS "Zones",
    (
        SELECT string_agg(coalesce(nullif(zones.name, ''), step), ' > ' ORDER BY at)
        FROM unnest(path) WITH ORDINALITY AS steps (step, at)
        LEFT JOIN instore.zones ON zones.store_id = ${store:sqlstring} AND zones.zone_id = step
    ) AS "Way",
    visit_id::text AS visit_id,
    (floor(1000 * extract(EPOCH FROM entered_at))::bigint - 120000)::text AS from_ms,
    (ceil(1000 * extract(EPOCH FROM left_at))::bigint + 300000)::text AS to_ms
FROM latest
ORDER BY entered_at DESC
