-- What came after the end of the time range is not known yet: who was inside then has neither paid nor gone anywhere later.
WITH latest AS (
    SELECT
        *,
        left_at <= $__timeTo()::timestamptz AS is_known
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
        WHEN NOT is_known OR ended_by IS NULL THEN 'inside'
        WHEN converted THEN 'bought'
        WHEN bounced THEN 'left at once'
        ELSE 'left without buying'
    END AS "Outcome",
    CASE WHEN is_known THEN duration_s ELSE extract(EPOCH FROM $__timeTo()::timestamptz - entered_at)::double precision END AS "Stayed",
    CASE WHEN is_known THEN basket_total END AS "Paid",
    CASE WHEN is_known THEN currency END AS "Currency",
    CASE WHEN is_known THEN priority END AS "Values",
    CASE WHEN is_known THEN cardinality(path) END AS "Zones",
    (
        SELECT string_agg(coalesce(nullif(zones.name, ''), step), ' > ' ORDER BY at)
        FROM unnest(CASE WHEN is_known THEN path END) WITH ORDINALITY AS steps (step, at)
        LEFT JOIN instore.zones ON zones.store_id = ${store:sqlstring} AND zones.zone_id = step
    ) AS "Way",
    visit_id::text AS visit_id,
    (floor(1000 * extract(EPOCH FROM entered_at))::bigint - 120000)::text AS from_ms,
    (ceil(1000 * extract(EPOCH FROM left_at))::bigint + 300000)::text AS to_ms
FROM latest
ORDER BY entered_at DESC
