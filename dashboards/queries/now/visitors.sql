WITH
-- include parts/one_store
,
-- include parts/same_weekdays
,

came AS (
    SELECT
        stretches.week,
        (
            SELECT count(*)
            FROM instore_analysis.visits AS visit
            WHERE
                visit.store_id = stretches.store_id
                AND visit.entered_at >= stretches.since
                AND visit.entered_at < stretches.until
                AND NOT visit.is_staff
                AND NOT visit.pass_by
        ) AS visitors
    FROM stretches
),

compared AS (
    SELECT
        max(visitors) FILTER (WHERE week = 0) AS today,
        avg(visitors) FILTER (WHERE week > 0 AND visitors > 0) AS usual
    FROM came
)

SELECT
    today AS "Today",
    usual AS "Usual by now",
    today / nullif(usual, 0) - 1 AS "Against usual"
FROM compared
