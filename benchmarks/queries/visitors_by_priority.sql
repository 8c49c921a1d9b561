-- Marketing: what do the visitors of this store value?
SELECT priority, count(*) AS visitors, sum(visits) AS visits
FROM instore.visitor_priorities
WHERE store_id = %(store_id)s
GROUP BY priority
ORDER BY visitors DESC;
