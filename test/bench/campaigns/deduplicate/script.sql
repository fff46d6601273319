\set ON_ERROR_STOP on
CREATE TEMPORARY TABLE reachable AS
SELECT id, score, lower(btrim(email)) AS mailbox FROM customers WHERE email IS NOT NULL AND email_opt_in;
ANALYZE reachable;
CREATE TEMPORARY TABLE one_per_mailbox AS
SELECT DISTINCT ON (mailbox) id, mailbox FROM reachable ORDER BY mailbox, score DESC, id;
ANALYZE one_per_mailbox;
CREATE TEMPORARY TABLE final AS
SELECT c.id, c.email, c.first_name, c.score,
	CASE WHEN mailbox = '' THEN 'no_address' WHEN u.address IS NOT NULL THEN 'suppressed' END AS reason
FROM one_per_mailbox JOIN customers c USING (id) LEFT JOIN unsubscribed u ON u.address = mailbox;
ANALYZE final;
INSERT INTO left_out SELECT 'mail', id, reason FROM final WHERE reason IS NOT NULL;
INSERT INTO jobs (mailing, recipient, address, variables)
SELECT 'mail', id, email, ARRAY[first_name, score::text] FROM final WHERE reason IS NULL ORDER BY id;
