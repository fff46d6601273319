-- Audience and queue as sets, then all messages claimed and acknowledged by the
-- thousand, two transactions a batch.
\set ON_ERROR_STOP on
SELECT campaign_start('peers') AS run \gset
SELECT campaign_wait(:run, '1 hour') = 'succeeded' AS done \gset
CREATE PROCEDURE send_all() LANGUAGE plpgsql AS $$
DECLARE
	whole CONSTANT bigint := (SELECT queued FROM campaign.report ORDER BY run_id DESC LIMIT 1);
	done bigint := 0;
	taken bigint;
	leased uuid;
	began timestamptz;
BEGIN
	LOOP
		began := clock_timestamp();
		SELECT count(*), min(lease::text)::uuid INTO taken, leased FROM campaign_claim('email', 1000);
		EXIT WHEN taken = 0;
		COMMIT;
		PERFORM campaign_ack(leased);
		COMMIT;
		INSERT INTO latency VALUES ('campaign', done::numeric / whole, 1000 * extract(epoch FROM clock_timestamp() - began));
		done := done + taken;
	END LOOP;
END $$;
CALL send_all();
