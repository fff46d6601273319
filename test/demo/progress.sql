-- A line of progress where something has changed, and again while the run is
-- at work: a sign per activity, as in the drawing, then what is happening.
SELECT string_agg(CASE state WHEN 'succeeded' THEN '✓' WHEN 'running' THEN '▸' WHEN 'waiting' THEN '…'
			WHEN 'pending' THEN '○' WHEN 'ready' THEN '◦' ELSE '✗' END, '')
		|| '  ' || coalesce(
			string_agg(format('%s %s %s', activity, bar, rows_out)
				|| CASE WHEN rows_out > 0 THEN format(', %s/s', round(rate)) ELSE '' END
				|| CASE WHEN eta > clock_timestamp() THEN format(', %s s left', round(extract(epoch FROM eta - clock_timestamp()), 1)) ELSE '' END,
				'  ') FILTER (WHERE state = 'running'),
			string_agg(format('%s until %s', activity, eta::time(0)), '  ') FILTER (WHERE state = 'waiting'),
			min(run_state)) AS line,
	round(extract(epoch FROM clock_timestamp() - :'began')::numeric, 2) AS seconds,
	min(run_state) IN ('pending', 'running', 'waiting') AS busy
FROM campaign.run_progress WHERE run_id = :run \gset
SELECT :'line' <> :'shown' AS changed, lpad(:'seconds', 7) AS seconds \gset
\if :changed
\echo :seconds 's ' :line
\set shown :line
\endif
\if :busy
SELECT pg_sleep(0.1) \g /dev/null
\ir progress.sql
\endif
