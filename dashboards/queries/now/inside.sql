SELECT count(*) AS "People inside"
FROM instore_analysis.visits
WHERE
    store_id = ${store:sqlstring}
    AND entered_at > $__timeTo()::timestamptz - interval '1 day'
    AND entered_at <= $__timeTo()::timestamptz
    AND (left_at > $__timeTo()::timestamptz OR ended_by IS NULL)
    AND NOT is_staff
    AND NOT pass_by
