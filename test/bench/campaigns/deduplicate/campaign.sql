-- One mail per mailbox: of customers who share one, the one with the most
-- points gets it.
SELECT campaign_create('deduplicate', dimension => 'customers');
SELECT campaign_add_audience('deduplicate', 'reachable', filter => 'email IS NOT NULL AND email_opt_in');
SELECT campaign_add_deduplicate('deduplicate', 'one_per_mailbox', after => 'reachable',
	by => 'lower(btrim(email))', keep => 'score DESC, id');
SELECT campaign_add_email('deduplicate', 'mail', after => 'one_per_mailbox',
	subject => 'Hello {{ first_name }}', body => '<p>You have {{ score }} points.</p>');
SELECT campaign_publish('deduplicate');
