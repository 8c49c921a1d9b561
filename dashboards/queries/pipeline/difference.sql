SELECT coalesce(sum(abs(difference)), 0)::bigint AS "Missing or double"
FROM instore.accounting
WHERE hour > $__timeFrom()::timestamptz - interval '1 hour' AND hour <= $__timeTo()::timestamptz
