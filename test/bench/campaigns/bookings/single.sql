\set ON_ERROR_STOP on
WITH arriving AS MATERIALIZED (
	SELECT b.*, c.email, c.first_name, c.email_opt_in, lower(btrim(c.email)) AS mailbox,
		CASE WHEN c.email IS NULL OR btrim(c.email) = '' THEN 'no_address'
			WHEN u.address IS NOT NULL THEN 'suppressed' END AS reason
	FROM bookings b JOIN customers c ON c.id = b.customer_id
		LEFT JOIN unsubscribed u ON u.address = lower(btrim(c.email))
	WHERE b.arrival BETWEEN today()::date AND today()::date + 14 AND NOT b.cancelled
), guests AS (
	SELECT DISTINCT ON (customer_id) customer_id AS id, hotel, arrival, email, first_name, mailbox,
		CASE WHEN reason = 'no_address' THEN reason WHEN email_opt_in IS NOT TRUE THEN 'no_consent' ELSE reason END AS reason
	FROM arriving ORDER BY customer_id, arrival, arriving.id
), final AS MATERIALIZED (
	SELECT g.*, h.stays, h.paid, row_number() OVER (PARTITION BY mailbox, reason ORDER BY id) AS nth
	FROM guests g JOIN (SELECT customer_id, count(*) AS stays, sum(price) AS paid FROM bookings
		WHERE NOT cancelled AND customer_id IN (SELECT customer_id FROM arriving) GROUP BY customer_id) AS h ON h.customer_id = g.id
), excluded AS (
	INSERT INTO left_out
	SELECT 'voucher', id, reason FROM arriving WHERE reason IS NOT NULL
	UNION ALL
	SELECT 'welcome', id, coalesce(reason, 'duplicate_address') FROM final WHERE reason IS NOT NULL OR nth > 1
)
INSERT INTO jobs (mailing, recipient, address, variables)
SELECT 'voucher', id, email, ARRAY[hotel, first_name, nights::text, arrival::text, price::text]
FROM arriving WHERE reason IS NULL
UNION ALL
SELECT 'welcome', id, email, ARRAY[first_name, hotel, arrival::text, stays::text, paid::text]
FROM final WHERE reason IS NULL AND nth = 1;
