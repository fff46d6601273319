\set ON_ERROR_STOP on
CREATE TEMPORARY TABLE arriving AS
SELECT * FROM bookings WHERE arrival BETWEEN today()::date AND today()::date + 14 AND NOT cancelled;
ANALYZE arriving;

-- The vouchers are owed, so consent is not asked for.
CREATE TEMPORARY TABLE vouchers AS
SELECT b.*, c.email, c.first_name,
	CASE WHEN c.email IS NULL OR btrim(c.email) = '' THEN 'no_address'
		WHEN u.address IS NOT NULL THEN 'suppressed' END AS reason
FROM arriving b JOIN customers c ON c.id = b.customer_id
	LEFT JOIN unsubscribed u ON u.address = lower(btrim(c.email));
ANALYZE vouchers;
INSERT INTO left_out SELECT 'voucher', id, reason FROM vouchers WHERE reason IS NOT NULL;
INSERT INTO jobs (mailing, recipient, address, variables)
SELECT 'voucher', id, email, ARRAY[hotel, first_name, nights::text, arrival::text, price::text]
FROM vouchers WHERE reason IS NULL ORDER BY id;

CREATE TEMPORARY TABLE guests AS
SELECT DISTINCT ON (customer_id) customer_id AS id, hotel AS first_hotel, arrival AS first_arrival
FROM arriving ORDER BY customer_id, arrival, arriving.id;
ANALYZE guests;
CREATE TEMPORARY TABLE history AS
SELECT g.*, h.stays, h.paid
FROM guests g JOIN (SELECT customer_id, count(*) AS stays, sum(price) AS paid FROM bookings
	WHERE NOT cancelled AND customer_id IN (SELECT id FROM guests) GROUP BY customer_id) AS h ON h.customer_id = g.id;
ANALYZE history;
CREATE TEMPORARY TABLE judged AS
SELECT h.*, c.email, c.first_name, lower(btrim(c.email)) AS mailbox,
	CASE WHEN c.email IS NULL OR btrim(c.email) = '' THEN 'no_address'
		WHEN c.email_opt_in IS NOT TRUE THEN 'no_consent'
		WHEN u.address IS NOT NULL THEN 'suppressed' END AS reason
FROM history h JOIN customers c USING (id)
	LEFT JOIN unsubscribed u ON u.address = lower(btrim(c.email));
ANALYZE judged;
CREATE TEMPORARY TABLE final AS
SELECT *, row_number() OVER (PARTITION BY mailbox, reason ORDER BY id) AS nth FROM judged;
ANALYZE final;
INSERT INTO left_out
SELECT 'welcome', id, coalesce(reason, 'duplicate_address') FROM final WHERE reason IS NOT NULL OR nth > 1;
INSERT INTO jobs (mailing, recipient, address, variables)
SELECT 'welcome', id, email, ARRAY[first_name, first_hotel, first_arrival::text, stays::text, paid::text]
FROM final WHERE reason IS NULL AND nth = 1 ORDER BY id;
