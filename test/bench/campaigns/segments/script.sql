\set ON_ERROR_STOP on
CREATE TEMPORARY TABLE reachable AS
SELECT id FROM customers WHERE email IS NOT NULL AND email_opt_in;
ANALYZE reachable;
-- The same draw as the campaign's.
CREATE TEMPORARY TABLE twenty AS
SELECT id, 1 + floor(campaign.sample_position(id::text, 'segments') * 20)::integer AS segment FROM reachable;
ANALYZE twenty;
CREATE TEMPORARY TABLE judged AS
SELECT segment, c.*, lower(btrim(c.email)) AS mailbox,
	CASE WHEN btrim(c.email) = '' THEN 'no_address' WHEN u.address IS NOT NULL THEN 'suppressed' END AS reason
FROM twenty JOIN customers c USING (id) LEFT JOIN unsubscribed u ON u.address = lower(btrim(c.email));
ANALYZE judged;
CREATE TEMPORARY TABLE final AS
SELECT *, row_number() OVER (PARTITION BY segment, mailbox, reason ORDER BY id) AS nth FROM judged;
CREATE INDEX ON final (segment);
ANALYZE final;
INSERT INTO left_out
SELECT 'mail_' || segment, id, coalesce(reason, 'duplicate_address') FROM final WHERE reason IS NOT NULL OR nth > 1;

-- Texts of three kinds.
SELECT format('INSERT INTO jobs (mailing, recipient, address, variables)
	SELECT %L, id, email, %s FROM final WHERE segment = %s AND reason IS NULL AND nth = 1 ORDER BY id',
	'mail_' || n, ('{"ARRAY[first_name, score::text, tz]","ARRAY[first_name, phone, (score * 2)::text]","ARRAY[first_name, upper(first_name), id::text]"}'::text[])[1 + n % 3], n)
FROM generate_series(1, 20) AS n \gexec
