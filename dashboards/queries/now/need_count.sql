WITH
-- include parts/one_store
,
-- include parts/present
,
-- include parts/queues
,
-- include parts/silent
,
-- include parts/needs

SELECT count(*) FILTER (WHERE still) AS "Need somebody"
FROM needs
