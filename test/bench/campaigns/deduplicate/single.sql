\set ON_ERROR_STOP on
WITH final AS MATERIALIZED (
	SELECT c.*, CASE WHEN mailbox = '' THEN 'no_address' WHEN u.address IS NOT NULL THEN 'suppressed' END AS reason
	FROM (SELECT id, email, first_name, score, lower(btrim(email)) AS mailbox,
			row_number() OVER (PARTITION BY lower(btrim(email)) ORDER BY score DESC, id) AS nth
		FROM customers WHERE email IS NOT NULL AND email_opt_in) AS c
		LEFT JOIN unsubscribed u ON u.address = mailbox
	WHERE nth = 1
), excluded AS (
	INSERT INTO left_out SELECT 'mail', id, reason FROM final WHERE reason IS NOT NULL
)
INSERT INTO jobs (mailing, recipient, address, variables)
SELECT 'mail', id, email, ARRAY[first_name, score::text] FROM final WHERE reason IS NULL ORDER BY id;
