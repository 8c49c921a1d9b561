-- Nothing, where nothing was counted: 0 would say that all has arrived.
SELECT sum(abs(difference))::bigint AS "Missing or double"
FROM instore.accounting
WHERE hour > $__timeFrom()::timestamptz - interval '1 hour' AND hour <= $__timeTo()::timestamptz
