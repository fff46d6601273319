-- A newsletter with exclusions: everybody but those who bought lately or whose
-- mailbox is closed; a tenth as control group, two texts.
SELECT campaign_create('newsletter', dimension => 'customers');
SELECT campaign_add_audience('newsletter', 'everybody', filter => 'score >= 5');
SELECT campaign_add_audience('newsletter', 'bought_lately', filter => $$
	EXISTS (SELECT FROM orders o WHERE o.customer_id = customers.id AND o.placed_at > today() - interval '30 days') $$);
SELECT campaign_add_audience('newsletter', 'closed', filter => $$ email LIKE '%@closed.example.org' $$);
SELECT campaign_add_combine('newsletter', 'others', operation => 'exclusion', after => 'everybody, bought_lately, closed');
SELECT campaign_add_split('newsletter', 'ab', after => 'others', seed => 'newsletter',
	outcomes => '[{"name": "control", "percent": 10}, {"name": "a", "percent": 45}, {"name": "b"}]');
SELECT campaign_add_email('newsletter', 'mail_a', after => 'ab.a',
	subject => 'Hello {{ first_name }}', body => '<p>You have {{ score }} points.</p>');
SELECT campaign_add_email('newsletter', 'mail_b', after => 'ab.b',
	subject => '{{ first_name }}, a word', body => '<p>Your points: {{ score }}</p>');
SELECT campaign_publish('newsletter');
