-- All tills are one place here: which one was free says nothing of the way. A way is a text in which each zone stands between two
-- characters that no name has, so that tills beside each other become one by one replacement; that is dear, and done once for visits that
-- went alike. Only ways that are shown are given names.
WITH tills AS (
    SELECT '(?:\x1f(?:' || string_agg(regexp_replace(zone_id, '([^[:alnum:]_-])', '\\\1', 'g'), '|') || ')\x1f)+' AS pattern
    FROM instore.zones
    WHERE store_id = ${store:sqlstring} AND type = 'checkout'
),

alike AS (
    SELECT
        path,
        count(*) AS visits,
        count(*) FILTER (WHERE converted) AS converted,
        sum(duration_s) AS duration_s
    FROM instore_analysis.visits
    WHERE
        store_id = ${store:sqlstring}
        AND entered_at >= $__timeFrom()::timestamptz
        AND entered_at <= $__timeTo()::timestamptz
        AND ended_by IS NOT NULL
        AND left_at <= $__timeTo()::timestamptz
        AND NOT is_staff
        AND NOT pass_by
    GROUP BY path
),

ways AS (
    SELECT
        regexp_replace(
            chr(31) || array_to_string(path, chr(31) || chr(31)) || chr(31), coalesce((SELECT pattern FROM tills), '\x1e'), E'\x1f\x1e\x1f', 'g'
        ) AS way,
        sum(visits)::bigint AS visits,
        sum(converted)::bigint AS converted,
        sum(duration_s) AS duration_s
    FROM alike
    GROUP BY 1
),

most AS (
    SELECT
        *,
        visits / sum(visits) OVER () AS share
    FROM ways
    ORDER BY visits DESC, way
    LIMIT 15
)

SELECT
    (
        SELECT string_agg(CASE WHEN step = chr(30) THEN 'Tills' ELSE coalesce(nullif(zones.name, ''), step) END, ' > ' ORDER BY at)
        FROM unnest(string_to_array(trim(chr(31) FROM way), chr(31) || chr(31))) WITH ORDINALITY AS steps (step, at)
        LEFT JOIN instore.zones ON zones.store_id = ${store:sqlstring} AND zones.zone_id = step
    ) AS "Way",
    visits AS "Visits",
    share AS "Share",
    converted::double precision / visits AS "Conversion",
    duration_s / visits AS "Mean stay"
FROM most
ORDER BY visits DESC, way
