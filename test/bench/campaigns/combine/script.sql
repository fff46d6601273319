\set ON_ERROR_STOP on
CREATE TEMPORARY TABLE lately AS
SELECT DISTINCT customer_id AS id FROM orders WHERE placed_at > today() - interval '30 days';
CREATE TEMPORARY TABLE often AS
SELECT customer_id AS id FROM orders GROUP BY customer_id HAVING count(*) >= 8;
CREATE TEMPORARY TABLE much AS
SELECT DISTINCT customer_id AS id FROM orders WHERE total > 400;
CREATE TEMPORARY TABLE points AS
SELECT id FROM customers WHERE score > 300;
CREATE TEMPORARY TABLE region AS
SELECT id FROM customers WHERE tz IN ('Asia/Tokyo', 'Asia/Kolkata') AND phone IS NOT NULL;
ANALYZE lately, often, much, points, region;
CREATE TEMPORARY TABLE anybody AS
TABLE lately UNION TABLE often UNION TABLE much UNION TABLE points UNION TABLE region;
ANALYZE anybody;
CREATE TEMPORARY TABLE judged AS
SELECT c.id, c.email, c.first_name, c.score, lower(btrim(c.email)) AS mailbox,
	CASE WHEN c.email IS NULL OR btrim(c.email) = '' THEN 'no_address'
		WHEN c.email_opt_in IS NOT TRUE THEN 'no_consent'
		WHEN u.address IS NOT NULL THEN 'suppressed' END AS reason
FROM anybody JOIN customers c USING (id)
	LEFT JOIN unsubscribed u ON u.address = lower(btrim(c.email));
ANALYZE judged;
CREATE TEMPORARY TABLE final AS
SELECT *, row_number() OVER (PARTITION BY mailbox, reason ORDER BY id) AS nth FROM judged;
ANALYZE final;
INSERT INTO left_out
SELECT 'mail', id, coalesce(reason, 'duplicate_address') FROM final WHERE reason IS NOT NULL OR nth > 1;
INSERT INTO jobs (mailing, recipient, address, variables)
SELECT 'mail', id, email, ARRAY[first_name, score::text] FROM final WHERE reason IS NULL AND nth = 1 ORDER BY id;
