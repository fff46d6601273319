-- A day in which one customer in a hundred came new.
\set ON_ERROR_STOP on
INSERT INTO customers
SELECT last + n, 'New ' || n, 'new' || last + n || '@example.com', NULL, n % 10 <> 0, 'Europe/Berlin', n % 50
FROM (SELECT max(id) AS last FROM customers) AS c, generate_series(1, greatest(:people / 100, 1)) AS n;
ANALYZE customers, script.welcomed, single.welcomed;
