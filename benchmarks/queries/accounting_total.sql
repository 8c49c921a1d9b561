-- Operator: is anything missing or double, ever?
SELECT * FROM instore.accounting_total;
