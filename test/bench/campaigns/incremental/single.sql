\set ON_ERROR_STOP on
WITH final AS MATERIALIZED (
	SELECT judged.*, row_number() OVER (PARTITION BY mailbox, reason ORDER BY id) AS nth
	FROM (SELECT c.id, c.email, c.first_name, c.score, lower(btrim(c.email)) AS mailbox,
			CASE WHEN c.email IS NULL OR btrim(c.email) = '' THEN 'no_address'
				WHEN c.email_opt_in IS NOT TRUE THEN 'no_consent'
				WHEN u.address IS NOT NULL THEN 'suppressed' END AS reason
		FROM customers c LEFT JOIN unsubscribed u ON u.address = lower(btrim(c.email))
		WHERE NOT EXISTS (SELECT FROM welcomed w WHERE w.id = c.id)) AS judged
), remembered AS (
	INSERT INTO welcomed SELECT id FROM final
), excluded AS (
	INSERT INTO left_out
	SELECT 'welcome', id, coalesce(reason, 'duplicate_address') FROM final WHERE reason IS NOT NULL OR nth > 1
)
INSERT INTO jobs (mailing, recipient, address, variables)
SELECT 'welcome', id, email, ARRAY[first_name, score::text] FROM final WHERE reason IS NULL AND nth = 1 ORDER BY id;
