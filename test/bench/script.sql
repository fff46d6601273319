-- The newsletter as somebody who knows PostgreSQL writes it: a step after the
-- other, each into a temporary table, each analyzed.  Variables: round, since.
\set ON_ERROR_STOP on

-- Who bought during the last 90 days.
CREATE TEMPORARY TABLE buyers AS
SELECT c.id FROM customers c
WHERE EXISTS (SELECT FROM orders o WHERE o.customer_id = c.id AND o.placed_at > :'since');
ANALYZE buyers;

-- A tenth is the control group; the same draw as the campaign's.
CREATE TEMPORARY TABLE ab AS
SELECT id, CASE WHEN p < 0.1 THEN 'control' WHEN p < 0.55 THEN 'a' ELSE 'b' END AS variant
FROM (SELECT id, campaign.sample_position(id::text, 'newsletter') AS p FROM buyers) AS drawn;
ANALYZE ab;

-- Mail a: who may get it, once per mailbox.
CREATE TEMPORARY TABLE judged_a AS
SELECT c.id, c.email, c.first_name, c.score, lower(btrim(c.email)) AS mailbox,
	CASE WHEN c.email IS NULL OR btrim(c.email) = '' THEN 'no_address'
		WHEN c.email_opt_in IS NOT TRUE THEN 'no_consent'
		WHEN u.address IS NOT NULL THEN 'suppressed' END AS reason
FROM ab JOIN customers c USING (id)
	LEFT JOIN unsubscribed u ON u.address = lower(btrim(c.email))
WHERE ab.variant = 'a';
ANALYZE judged_a;
CREATE TEMPORARY TABLE final_a AS
SELECT id, email, first_name, score,
	CASE WHEN reason IS NULL AND row_number() OVER (PARTITION BY reason, mailbox ORDER BY id) > 1
		THEN 'duplicate_address' ELSE reason END AS reason
FROM judged_a;
ANALYZE final_a;
INSERT INTO left_out SELECT :round, 'mail_a', id, reason FROM final_a WHERE reason IS NOT NULL;
INSERT INTO jobs (round, mailing, recipient, address, variables)
SELECT :round, 'mail_a', id, email, ARRAY[first_name, score::text] FROM final_a WHERE reason IS NULL ORDER BY id;

-- Mail b likewise.
CREATE TEMPORARY TABLE judged_b AS
SELECT c.id, c.email, c.first_name, c.score, lower(btrim(c.email)) AS mailbox,
	CASE WHEN c.email IS NULL OR btrim(c.email) = '' THEN 'no_address'
		WHEN c.email_opt_in IS NOT TRUE THEN 'no_consent'
		WHEN u.address IS NOT NULL THEN 'suppressed' END AS reason
FROM ab JOIN customers c USING (id)
	LEFT JOIN unsubscribed u ON u.address = lower(btrim(c.email))
WHERE ab.variant = 'b';
ANALYZE judged_b;
CREATE TEMPORARY TABLE final_b AS
SELECT id, email, first_name, score,
	CASE WHEN reason IS NULL AND row_number() OVER (PARTITION BY reason, mailbox ORDER BY id) > 1
		THEN 'duplicate_address' ELSE reason END AS reason
FROM judged_b;
ANALYZE final_b;
INSERT INTO left_out SELECT :round, 'mail_b', id, reason FROM final_b WHERE reason IS NOT NULL;
INSERT INTO jobs (round, mailing, recipient, address, variables)
SELECT :round, 'mail_b', id, email, ARRAY[first_name, score::text] FROM final_b WHERE reason IS NULL ORDER BY id;
