\set ON_ERROR_STOP on
-- The buyers are those with a sum, so audience and aggregates are one step.
CREATE TEMPORARY TABLE spending AS
SELECT customer_id AS id, sum(total) AS spent, count(*) AS placed, max(placed_at)::date AS latest
FROM orders WHERE placed_at > today() - interval '365 days'
GROUP BY customer_id HAVING sum(total) >= 100;
ANALYZE spending;
CREATE TEMPORARY TABLE tier AS
SELECT s.*, CASE WHEN rank <= round(n * 0.05) THEN 'gold'
	WHEN rank <= round(n * 0.30) THEN 'silver' ELSE 'bronze' END AS mailing
FROM (SELECT *, row_number() OVER (ORDER BY spent DESC, id) AS rank, count(*) OVER () AS n FROM spending) AS s;
ANALYZE tier;
CREATE TEMPORARY TABLE judged AS
SELECT t.mailing, c.id, c.email, c.first_name, t.spent, t.placed, t.latest, lower(btrim(c.email)) AS mailbox,
	CASE WHEN c.email IS NULL OR btrim(c.email) = '' THEN 'no_address'
		WHEN c.email_opt_in IS NOT TRUE THEN 'no_consent'
		WHEN u.address IS NOT NULL THEN 'suppressed' END AS reason
FROM tier t JOIN customers c USING (id)
	LEFT JOIN unsubscribed u ON u.address = lower(btrim(c.email));
ANALYZE judged;
CREATE TEMPORARY TABLE final AS
SELECT *, row_number() OVER (PARTITION BY mailing, mailbox, reason ORDER BY id) AS nth FROM judged;
ANALYZE final;
INSERT INTO left_out
SELECT mailing, id, coalesce(reason, 'duplicate_address') FROM final WHERE reason IS NOT NULL OR nth > 1;
INSERT INTO jobs (mailing, recipient, address, variables)
SELECT mailing, id, email, ARRAY[first_name, placed::text, spent::text, latest::text]
FROM final WHERE mailing = 'gold' AND reason IS NULL AND nth = 1 ORDER BY id;
INSERT INTO jobs (mailing, recipient, address, variables)
SELECT mailing, id, email, ARRAY[first_name, spent::text]
FROM final WHERE mailing = 'silver' AND reason IS NULL AND nth = 1 ORDER BY id;
INSERT INTO jobs (mailing, recipient, address, variables)
SELECT mailing, id, email, ARRAY[first_name, latest::text]
FROM final WHERE mailing = 'bronze' AND reason IS NULL AND nth = 1 ORDER BY id;
