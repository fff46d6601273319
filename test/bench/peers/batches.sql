-- A mailer that reads pages of a thousand by key, joins the lists anew for each,
-- and remembers the last key in its own row, a transaction a page.
\set ON_ERROR_STOP on
CREATE PROCEDURE send_pages() LANGUAGE plpgsql AS $$
DECLARE
	m mailing;
	page bigint[];
	began timestamptz;
BEGIN
	INSERT INTO mailing
	SELECT 0, max(s.id), count(DISTINCT s.id), 0
	FROM subscribers s JOIN subscriptions l ON l.subscriber_id = s.id
	WHERE s.enabled AND l.list_id = ANY ('{0,1,2}') AND NOT l.unsubscribed
	RETURNING * INTO m;
	COMMIT;
	LOOP
		began := clock_timestamp();
		SELECT array_agg(id) INTO page FROM (
			SELECT DISTINCT ON (s.id) s.id, s.email, s.name
			FROM subscribers s JOIN subscriptions l ON l.subscriber_id = s.id
			WHERE s.enabled AND l.list_id = ANY ('{0,1,2}') AND NOT l.unsubscribed
				AND s.id > m.last_id AND s.id <= m.most_id
			ORDER BY s.id LIMIT 1000) AS p;
		EXIT WHEN page IS NULL;
		UPDATE mailing SET last_id = page[cardinality(page)], sent = sent + cardinality(page) RETURNING * INTO m;
		COMMIT;
		INSERT INTO latency VALUES ('batches', (m.sent - cardinality(page))::numeric / m.people, 1000 * extract(epoch FROM clock_timestamp() - began));
	END LOOP;
END $$;
CALL send_pages();
