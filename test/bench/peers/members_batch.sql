-- Ten batches of a thousand members who were not sent anything yet, of which a
-- row each is written, when :share of them have theirs.
\set ON_ERROR_STOP on
SET bench.share = :share;
CREATE OR REPLACE PROCEDURE send_members() LANGUAGE plpgsql AS $$
DECLARE
	began timestamptz;
	person bigint;
BEGIN
	FOR i IN 1 .. 10 LOOP
		began := clock_timestamp();
		FOR person IN SELECT m.subscriber_id FROM member m JOIN subscribers s ON s.id = m.subscriber_id
			WHERE m.segment_id = 1 AND s.enabled
				AND m.subscriber_id NOT IN (SELECT t.subscriber_id FROM sent t WHERE t.mailing_id = 1)
			ORDER BY m.subscriber_id LIMIT 1000
		LOOP
			INSERT INTO sent VALUES (1, person, now());
		END LOOP;
		COMMIT;
		INSERT INTO latency VALUES ('members', current_setting('bench.share')::numeric, 1000 * extract(epoch FROM clock_timestamp() - began));
	END LOOP;
END $$;
CALL send_members();
