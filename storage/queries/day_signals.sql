SELECT
    kind,
    count(*) AS signals
FROM instore.signals
WHERE store_id = %(store_id)s AND at >= instore.at(%(since)s::bigint) AND at < instore.at(%(until)s::bigint)
GROUP BY kind
ORDER BY signals DESC, kind;
