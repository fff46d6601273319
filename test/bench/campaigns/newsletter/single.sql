\set ON_ERROR_STOP on
WITH judged AS (
	SELECT c.id, c.email, c.first_name, c.score, lower(btrim(c.email)) AS mailbox,
		CASE WHEN drawn.p < 0.55 THEN 'mail_a' ELSE 'mail_b' END AS mailing,
		CASE WHEN c.email IS NULL OR btrim(c.email) = '' THEN 'no_address'
			WHEN c.email_opt_in IS NOT TRUE THEN 'no_consent'
			WHEN u.address IS NOT NULL THEN 'suppressed' END AS reason
	FROM customers c
		CROSS JOIN LATERAL (SELECT campaign.sample_position(c.id::text, 'newsletter') AS p) AS drawn
		LEFT JOIN unsubscribed u ON u.address = lower(btrim(c.email))
	WHERE drawn.p >= 0.1 AND c.score >= 5 AND (c.email LIKE '%@closed.example.org') IS NOT TRUE
		AND NOT EXISTS (SELECT FROM orders o WHERE o.customer_id = c.id AND o.placed_at > today() - interval '30 days')
), final AS MATERIALIZED (
	SELECT id, email, first_name, score, mailing,
		CASE WHEN reason IS NULL AND row_number() OVER (PARTITION BY mailing, mailbox, reason ORDER BY id) > 1
			THEN 'duplicate_address' ELSE reason END AS reason
	FROM judged
), excluded AS (
	INSERT INTO left_out SELECT mailing, id, reason FROM final WHERE reason IS NOT NULL
)
INSERT INTO jobs (mailing, recipient, address, variables)
SELECT mailing, id, email, ARRAY[first_name, score::text]
FROM final WHERE reason IS NULL ORDER BY mailing, id;
