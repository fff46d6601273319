-- A daily welcome to those who are new since yesterday; the first run finds
-- everybody new and does not count.
SELECT campaign_create('incremental', dimension => 'customers');
SELECT campaign_add_incremental('incremental', 'newcomers');
SELECT campaign_add_email('incremental', 'welcome', after => 'newcomers',
	subject => 'Welcome, {{ first_name }}', body => '<p>You begin with {{ score }} points.</p>');
SELECT campaign_publish('incremental');

-- What the others remember by.
CREATE TABLE script.welcomed (id bigint PRIMARY KEY);
CREATE TABLE single.welcomed (id bigint PRIMARY KEY);
