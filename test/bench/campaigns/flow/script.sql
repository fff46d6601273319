\set ON_ERROR_STOP on
CREATE TEMPORARY TABLE reachable AS
SELECT id FROM customers WHERE email IS NOT NULL AND score >= 50;
ANALYZE reachable;
CREATE TEMPORARY TABLE region AS
SELECT r.id, array_position('{Europe/Berlin,America/New_York,Asia/Tokyo,America/Sao_Paulo,Asia/Kolkata,
	Australia/Sydney,Africa/Lagos,Pacific/Auckland}', c.tz) AS region
FROM reachable r JOIN customers c USING (id);
ANALYZE region;

-- The tests of all branches: somebody is there, and not all are.
CREATE TEMPORARY TABLE taken AS
SELECT region FROM region WHERE region IS NOT NULL
GROUP BY region HAVING count(*) > 0 AND count(*) < (SELECT count(*) FROM reachable);
CREATE TEMPORARY TABLE judged AS
SELECT r.region, c.id, c.email, c.first_name, c.score, lower(btrim(c.email)) AS mailbox,
	CASE WHEN btrim(c.email) = '' THEN 'no_address'
		WHEN c.email_opt_in IS NOT TRUE THEN 'no_consent'
		WHEN u.address IS NOT NULL THEN 'suppressed' END AS reason
FROM region r JOIN taken USING (region) JOIN customers c USING (id)
	LEFT JOIN unsubscribed u ON u.address = lower(btrim(c.email));
ANALYZE judged;
CREATE TEMPORARY TABLE final AS
SELECT *, row_number() OVER (PARTITION BY region, mailbox, reason ORDER BY id) AS nth FROM judged;
ANALYZE final;
INSERT INTO left_out
SELECT 'mail_' || region, id, coalesce(reason, 'duplicate_address') FROM final WHERE reason IS NOT NULL OR nth > 1;
INSERT INTO jobs (mailing, recipient, address, variables)
SELECT 'mail_' || region, id, email, ARRAY[first_name, score::text] FROM final WHERE reason IS NULL AND nth = 1 ORDER BY region, id;
