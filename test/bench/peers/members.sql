-- A mailer that keeps its segment as rows, adds people one by one, and finds
-- the next batch by what it has not sent yet.  First the segment, all of it,
-- three hundred people to a transaction.
\set ON_ERROR_STOP on
CREATE PROCEDURE add_members() LANGUAGE plpgsql AS $$
DECLARE
	person bigint;
	last bigint := 0;
	added integer;
BEGIN
	LOOP
		added := 0;
		FOR person IN SELECT s.id FROM subscribers s
			WHERE s.enabled AND s.id > last AND EXISTS (SELECT FROM subscriptions l
				WHERE l.subscriber_id = s.id AND l.list_id IN (0, 1, 2) AND NOT l.unsubscribed)
			ORDER BY s.id LIMIT 300
		LOOP
			INSERT INTO member VALUES (1, person, now());
			added := added + 1;
			last := person;
		END LOOP;
		EXIT WHEN added = 0;
		COMMIT;
	END LOOP;
END $$;
CALL add_members();
