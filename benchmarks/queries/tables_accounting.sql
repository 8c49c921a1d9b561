-- Operator: whether everything that came is there. From docs/tables.md.
SELECT * FROM instore.accounting
WHERE hour >= %(now)s - interval '1 day'
ORDER BY store_id, hour;
