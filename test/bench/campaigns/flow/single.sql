\set ON_ERROR_STOP on
WITH judged AS (
	SELECT c.id, c.email, c.first_name, c.score, lower(btrim(c.email)) AS mailbox,
		array_position('{Europe/Berlin,America/New_York,Asia/Tokyo,America/Sao_Paulo,Asia/Kolkata,
			Australia/Sydney,Africa/Lagos,Pacific/Auckland}', c.tz) AS region,
		CASE WHEN btrim(c.email) = '' THEN 'no_address'
			WHEN c.email_opt_in IS NOT TRUE THEN 'no_consent'
			WHEN u.address IS NOT NULL THEN 'suppressed' END AS reason
	FROM customers c LEFT JOIN unsubscribed u ON u.address = lower(btrim(c.email))
	WHERE c.email IS NOT NULL AND c.score >= 50
), final AS MATERIALIZED (
	SELECT *, row_number() OVER (PARTITION BY region, mailbox, reason ORDER BY id) AS nth,
		count(*) OVER (PARTITION BY region) AS here, count(*) OVER () AS everywhere
	FROM judged
), excluded AS (
	INSERT INTO left_out
	SELECT 'mail_' || region, id, coalesce(reason, 'duplicate_address') FROM final
	WHERE here < everywhere AND region IS NOT NULL AND (reason IS NOT NULL OR nth > 1)
)
INSERT INTO jobs (mailing, recipient, address, variables)
SELECT 'mail_' || region, id, email, ARRAY[first_name, score::text] FROM final
WHERE here < everywhere AND region IS NOT NULL AND reason IS NULL AND nth = 1 ORDER BY region, id;
