\set ON_ERROR_STOP on
-- One pass over the orders says three of the five.
WITH judged AS (
	SELECT c.id, c.email, c.first_name, c.score, lower(btrim(c.email)) AS mailbox,
		CASE WHEN c.email IS NULL OR btrim(c.email) = '' THEN 'no_address'
			WHEN c.email_opt_in IS NOT TRUE THEN 'no_consent'
			WHEN u.address IS NOT NULL THEN 'suppressed' END AS reason
	FROM customers c
		LEFT JOIN (SELECT customer_id FROM orders GROUP BY customer_id
			HAVING count(*) >= 8 OR max(placed_at) > today() - interval '30 days' OR max(total) > 400
		) AS o ON o.customer_id = c.id
		LEFT JOIN unsubscribed u ON u.address = lower(btrim(c.email))
	WHERE o.customer_id IS NOT NULL OR c.score > 300
		OR (c.tz IN ('Asia/Tokyo', 'Asia/Kolkata') AND c.phone IS NOT NULL)
), final AS MATERIALIZED (
	SELECT *, row_number() OVER (PARTITION BY mailbox, reason ORDER BY id) AS nth FROM judged
), excluded AS (
	INSERT INTO left_out
	SELECT 'mail', id, coalesce(reason, 'duplicate_address') FROM final WHERE reason IS NOT NULL OR nth > 1
)
INSERT INTO jobs (mailing, recipient, address, variables)
SELECT 'mail', id, email, ARRAY[first_name, score::text]
FROM final WHERE reason IS NULL AND nth = 1 ORDER BY id;
