-- A run of the ten rows; prints the milliseconds from start to the end.
SELECT clock_timestamp() AS began \gset
SELECT campaign_start('ten rows') AS run \gset
SELECT campaign_wait(:run) = 'succeeded' AS done \gset
SELECT 1000 * extract(epoch FROM clock_timestamp() - :'began')::numeric WHERE :'done';
