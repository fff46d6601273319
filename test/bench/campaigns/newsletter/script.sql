\set ON_ERROR_STOP on
CREATE TEMPORARY TABLE bought_lately AS
SELECT DISTINCT customer_id FROM orders WHERE placed_at > today() - interval '30 days';
ANALYZE bought_lately;
CREATE TEMPORARY TABLE closed AS
SELECT id FROM customers WHERE email LIKE '%@closed.example.org';
ANALYZE closed;
CREATE TEMPORARY TABLE others AS
SELECT id FROM customers c WHERE score >= 5
	AND NOT EXISTS (SELECT FROM bought_lately b WHERE b.customer_id = c.id)
	AND NOT EXISTS (SELECT FROM closed x WHERE x.id = c.id);
ANALYZE others;

-- A tenth is the control group; the same draw as the campaign's.
CREATE TEMPORARY TABLE ab AS
SELECT id, CASE WHEN p < 0.1 THEN 'control' WHEN p < 0.55 THEN 'mail_a' ELSE 'mail_b' END AS mailing
FROM (SELECT id, campaign.sample_position(id::text, 'newsletter') AS p FROM others) AS drawn;
ANALYZE ab;

-- Who may get it, once per mailbox and mail.
CREATE TEMPORARY TABLE judged AS
SELECT ab.mailing, c.id, c.email, c.first_name, c.score, lower(btrim(c.email)) AS mailbox,
	CASE WHEN c.email IS NULL OR btrim(c.email) = '' THEN 'no_address'
		WHEN c.email_opt_in IS NOT TRUE THEN 'no_consent'
		WHEN u.address IS NOT NULL THEN 'suppressed' END AS reason
FROM ab JOIN customers c USING (id)
	LEFT JOIN unsubscribed u ON u.address = lower(btrim(c.email))
WHERE ab.mailing <> 'control';
ANALYZE judged;
CREATE TEMPORARY TABLE final AS
SELECT mailing, id, email, first_name, score,
	CASE WHEN reason IS NULL AND row_number() OVER (PARTITION BY mailing, mailbox, reason ORDER BY id) > 1
		THEN 'duplicate_address' ELSE reason END AS reason
FROM judged;
ANALYZE final;
INSERT INTO left_out SELECT mailing, id, reason FROM final WHERE reason IS NOT NULL;
INSERT INTO jobs (mailing, recipient, address, variables)
SELECT mailing, id, email, ARRAY[first_name, score::text] FROM final WHERE reason IS NULL ORDER BY mailing, id;
