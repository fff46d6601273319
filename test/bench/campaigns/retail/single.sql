\set ON_ERROR_STOP on
WITH spending AS (
	SELECT customer_id AS id, sum(total) AS spent, count(*) AS placed, max(placed_at)::date AS latest
	FROM orders WHERE placed_at > today() - interval '365 days'
	GROUP BY customer_id HAVING sum(total) >= 100
), tier AS (
	SELECT s.*, CASE WHEN rank <= round(n * 0.05) THEN 'gold'
		WHEN rank <= round(n * 0.30) THEN 'silver' ELSE 'bronze' END AS mailing
	FROM (SELECT *, row_number() OVER (ORDER BY spent DESC, id) AS rank, count(*) OVER () AS n FROM spending) AS s
), judged AS (
	SELECT t.mailing, c.id, c.email, c.first_name, t.spent, t.placed, t.latest, lower(btrim(c.email)) AS mailbox,
		CASE WHEN c.email IS NULL OR btrim(c.email) = '' THEN 'no_address'
			WHEN c.email_opt_in IS NOT TRUE THEN 'no_consent'
			WHEN u.address IS NOT NULL THEN 'suppressed' END AS reason
	FROM tier t JOIN customers c USING (id)
		LEFT JOIN unsubscribed u ON u.address = lower(btrim(c.email))
), final AS MATERIALIZED (
	SELECT *, row_number() OVER (PARTITION BY mailing, mailbox, reason ORDER BY id) AS nth FROM judged
), excluded AS (
	INSERT INTO left_out
	SELECT mailing, id, coalesce(reason, 'duplicate_address') FROM final WHERE reason IS NOT NULL OR nth > 1
)
INSERT INTO jobs (mailing, recipient, address, variables)
SELECT mailing, id, email, CASE mailing WHEN 'gold' THEN ARRAY[first_name, placed::text, spent::text, latest::text]
	WHEN 'silver' THEN ARRAY[first_name, spent::text] ELSE ARRAY[first_name, latest::text] END
FROM final WHERE reason IS NULL AND nth = 1 ORDER BY mailing, id;
