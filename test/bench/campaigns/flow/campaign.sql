-- Fifty activities, most of which move nobody: a split by region into eight
-- branches, each with two tests, a wait that has passed, a fork and its end, and
-- a mail.
SELECT campaign_create('flow', dimension => 'customers');
SELECT campaign_add_audience('flow', 'reachable', filter => 'email IS NOT NULL AND score >= 50');
SELECT campaign_add_split('flow', 'region', after => 'reachable', outcomes => (
	SELECT jsonb_agg(jsonb_build_object('name', 'r' || n, 'filter', format('tz = %L', zone)) ORDER BY n)
	FROM unnest('{Europe/Berlin,America/New_York,Asia/Tokyo,America/Sao_Paulo,Asia/Kolkata,
		Australia/Sydney,Africa/Lagos,Pacific/Auckland}'::text[]) WITH ORDINALITY AS z (zone, n)));
SELECT campaign_add_test('flow', 'enough_' || n, after => 'region.r' || n,
		outcomes => '[{"name": "yes", "condition": "rows > 0"}]', default_outcome => 'none'),
	campaign_add_wait('flow', 'wait_' || n, after => 'enough_' || n || '.yes', fixed_time => '2020-01-01'),
	campaign_add_fork('flow', 'fork_' || n, after => 'wait_' || n),
	campaign_add_test('flow', 'share_' || n, after => 'fork_' || n,
		outcomes => '[{"name": "small", "condition": "rows < reachable.result"}]', default_outcome => 'whole'),
	campaign_add_email('flow', 'mail_' || n, after => 'share_' || n || '.small',
		subject => 'Hello {{ first_name }}', body => '<p>You have {{ score }} points.</p>'),
	campaign_add_end('flow', 'end_' || n, after => 'fork_' || n)
FROM generate_series(1, 8) AS n;
SELECT campaign_publish('flow');
