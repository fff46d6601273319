\set ON_ERROR_STOP on
WITH judged AS (
	SELECT c.*, 1 + floor(campaign.sample_position(c.id::text, 'segments') * 20)::integer AS segment, lower(btrim(c.email)) AS mailbox,
		CASE WHEN btrim(c.email) = '' THEN 'no_address' WHEN u.address IS NOT NULL THEN 'suppressed' END AS reason
	FROM customers c LEFT JOIN unsubscribed u ON u.address = lower(btrim(c.email))
	WHERE c.email IS NOT NULL AND c.email_opt_in
), final AS MATERIALIZED (
	SELECT *, row_number() OVER (PARTITION BY segment, mailbox, reason ORDER BY id) AS nth FROM judged
), excluded AS (
	INSERT INTO left_out
	SELECT 'mail_' || segment, id, coalesce(reason, 'duplicate_address') FROM final WHERE reason IS NOT NULL OR nth > 1
)
INSERT INTO jobs (mailing, recipient, address, variables)
SELECT 'mail_' || segment, id, email, CASE segment % 3 WHEN 0 THEN ARRAY[first_name, score::text, tz]
	WHEN 1 THEN ARRAY[first_name, phone, (score * 2)::text] ELSE ARRAY[first_name, upper(first_name), id::text] END
FROM final WHERE reason IS NULL AND nth = 1 ORDER BY segment, id;
