# The table most people write first: a status, SKIP LOCKED, an index of what is
# still to be done.
title='SKIP LOCKED table'

install() {
	sql <<-'SQL'
		CREATE TABLE jobs (
			id				bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
			payload			jsonb NOT NULL,
			status			text NOT NULL DEFAULT 'queued',
			attempts		integer NOT NULL DEFAULT 0,
			leased_until	timestamptz
		);
		CREATE INDEX jobs_queued ON jobs (id) WHERE status = 'queued';
	SQL
}

enqueue() { sql -c "INSERT INTO jobs (payload) SELECT payload FROM message WHERE id BETWEEN $1 AND $2"; }

claim() {
	cat <<-'SQL'
		WITH next AS (
			SELECT id FROM jobs WHERE status = 'queued' ORDER BY id LIMIT :batch FOR UPDATE SKIP LOCKED
		), taken AS (
			UPDATE jobs SET status = 'leased', attempts = attempts + 1, leased_until = now() + interval '5 minutes'
			FROM next WHERE jobs.id = next.id RETURNING jobs.id, jobs.payload
		)
		SELECT id, payload, NULL AS ids FROM taken
		UNION ALL SELECT NULL, NULL, quote_literal(coalesce(array_agg(id)::text, '{}')) FROM taken \aset
		UPDATE jobs SET status = 'sent' WHERE id = ANY (:ids::bigint[]) AND status = 'leased';
	SQL
}

left_query="SELECT count(*) FROM jobs WHERE status <> 'sent'"
first_claim="UPDATE jobs SET status = 'leased' WHERE id = (SELECT id FROM jobs WHERE status = 'queued' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)"
