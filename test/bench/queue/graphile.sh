# graphile-worker: jobs are added by its SQL function, ten thousand a call;
# claimed and completed by statements that do what those of its runner do.
title=graphile-worker

available() { npm_package graphile-worker@0; }

install() {
	node_as node_modules/graphile-worker/dist/cli.js --schema-only -c "socket:$PGHOST?db=$PGDATABASE"
}

enqueue() {
	by_ten_thousand "$1" "$2" "SELECT count(*) FROM graphile_worker.add_jobs(ARRAY(
		SELECT ROW('mail', payload::json, NULL, NULL, NULL, NULL, NULL, NULL)::graphile_worker.job_spec
		FROM message WHERE id BETWEEN %s AND %s ORDER BY id))"
}

claim() {
	cat <<-'SQL'
		WITH next AS (
			SELECT id FROM graphile_worker._private_jobs
			WHERE is_available AND run_at <= now()
				AND task_id = ANY (ARRAY(SELECT id FROM graphile_worker._private_tasks WHERE identifier = 'mail'))
				AND job_queue_id IS NULL
			ORDER BY priority, run_at LIMIT :batch FOR UPDATE SKIP LOCKED
		), taken AS (
			UPDATE graphile_worker._private_jobs j SET attempts = j.attempts + 1, locked_by = 'bench', locked_at = now()
			FROM next WHERE j.id = next.id RETURNING j.id, j.payload
		)
		SELECT id, payload, NULL AS ids FROM taken
		UNION ALL SELECT NULL, NULL, quote_literal(coalesce(array_agg(id)::text, '{}')) FROM taken \aset
		DELETE FROM graphile_worker._private_jobs USING unnest(:ids::bigint[]) AS done(job) WHERE id = job;
	SQL
}

left_query='SELECT count(*) FROM graphile_worker._private_jobs'
first_claim="UPDATE graphile_worker._private_jobs SET locked_by = 'bench', locked_at = now() WHERE id = (
	SELECT id FROM graphile_worker._private_jobs WHERE is_available AND run_at <= now() ORDER BY priority, run_at LIMIT 1 FOR UPDATE SKIP LOCKED)"
