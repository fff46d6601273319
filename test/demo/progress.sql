-- One line of progress; again while the run is at work.  A sign per activity,
-- as in the drawing, then what is being executed.
SELECT format('%7s s  %s  %s', round(extract(epoch FROM clock_timestamp() - :'began')::numeric, 2),
		string_agg(CASE state WHEN 'succeeded' THEN '✓' WHEN 'running' THEN '▸' WHEN 'waiting' THEN '…'
			WHEN 'pending' THEN '○' WHEN 'ready' THEN '◦' ELSE '✗' END, ' '),
		coalesce(string_agg(format('%-9s %s %s of %s rows', activity, bar, coalesce(rows_out, 0),
				coalesce(rows_in::text, '?')), '  ') FILTER (WHERE state = 'running'),
			string_agg(activity || ' until ' || to_char(eta, 'HH24:MI:SS'), '  ') FILTER (WHERE state = 'waiting'),
			min(run_state))) AS line,
	min(run_state) IN ('pending', 'running', 'waiting') AS busy
FROM campaign.run_progress WHERE run_id = :run \gset
\echo :line
\if :busy
SELECT pg_sleep(0.15) \g /dev/null
\ir progress.sql
\endif
