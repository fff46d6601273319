-- Twenty texts with values of their own each, to a twentieth of all who are
-- reachable.
SELECT campaign_create('segments', dimension => 'customers');
SELECT campaign_add_audience('segments', 'reachable', filter => 'email IS NOT NULL AND email_opt_in');
SELECT campaign_add_split('segments', 'twenty', after => 'reachable', seed => 'segments',
	outcomes => (SELECT jsonb_agg(jsonb_build_object('name', 's' || n, 'percent', 5) ORDER BY n) FROM generate_series(1, 20) AS n));
SELECT campaign_add_email('segments', 'mail_' || n, after => 'twenty.s' || n, subject => 'Offer ' || n || ' for {{ first_name }}',
	body => CASE n % 3 WHEN 0 THEN '<p>{{ score }} points, local time {{ tz }}</p>'
		WHEN 1 THEN '<p>We call you at {{ phone }}. {{ score * 2 }} points.</p>'
		ELSE '<p>{{ upper(first_name) }}, your number is {{ id }}.</p>' END)
FROM generate_series(1, 20) AS n;
SELECT campaign_publish('segments');
