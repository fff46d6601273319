-- Twenty activities on ten rows, as the shop's owner.
\set ON_ERROR_STOP on
CREATE TABLE ten AS SELECT * FROM customers WHERE email_opt_in AND email IS NOT NULL ORDER BY id LIMIT 10;
ALTER TABLE ten ADD PRIMARY KEY (id);
CREATE TABLE ten_orders AS SELECT * FROM orders WHERE customer_id IN (SELECT id FROM ten);
CREATE INDEX ON ten_orders (customer_id);
ANALYZE ten, ten_orders;
SELECT campaign_dimension('ten', addresses => '{"email": "email"}', consent => '{"email": "email_opt_in"}');

SELECT campaign_create('ten rows', dimension => 'ten');
SELECT campaign_add_audience('ten rows', 'everybody', filter => 'email_opt_in');
SELECT campaign_add_enrich('ten rows', 'spending', after => 'everybody', links => $$[
	{"name": "o", "relation": "ten_orders", "condition": "o.customer_id = ten.id", "aggregate": true,
	 "columns": {"spent": "coalesce(sum(o.total), 0)"}}]$$);
SELECT campaign_add_audience('ten rows', 'spenders', after => 'spending', filter => 'spent >= 0');
SELECT campaign_add_split('ten rows', 'three', after => 'spenders', seed => 'ten',
	outcomes => '[{"name": "a", "percent": 33}, {"name": "b", "percent": 33}, {"name": "c"}]');
SELECT campaign_add_deduplicate('ten rows', 'one_per_mailbox', after => 'three.a', by => 'lower(email)', keep => 'score DESC');
SELECT campaign_add_audience('ten rows', 'with_phone', after => 'three.b', filter => 'phone IS NOT NULL OR true');
SELECT campaign_add_test('ten rows', 'enough', after => 'three.c', outcomes => '[{"name": "yes", "condition": "rows >= 0"}]');
SELECT campaign_add_wait('ten rows', 'passed', after => 'enough.yes', fixed_time => '2020-01-01');
SELECT campaign_add_combine('ten rows', 'a_or_b', operation => 'union', after => 'one_per_mailbox, with_phone');
SELECT campaign_add_combine('ten rows', 'all_three', operation => 'union', after => 'a_or_b, passed');
SELECT campaign_add_split('ten rows', 'best', after => 'all_three',
	outcomes => '[{"name": "first", "number": 5, "sort_by": "score DESC, id"}, {"name": "others"}]');
SELECT campaign_add_enrich('ten rows', 'loud', after => 'best.first', columns => '{"shouted": "upper(first_name)"}');
SELECT campaign_add_fork('ten rows', 'both', after => 'best.others');
SELECT campaign_add_email('ten rows', 'mail_1', after => 'loud', subject => '{{ shouted }}', body => '<p>{{ score }}</p>');
SELECT campaign_add_email('ten rows', 'mail_2', after => 'both', subject => '{{ first_name }}', body => '<p>{{ score }}</p>');
SELECT campaign_add_audience('ten rows', 'rich', after => 'both', filter => 'score >= 0');
SELECT campaign_add_email('ten rows', 'mail_3', after => 'rich', subject => '{{ first_name }}', body => '<p>{{ tz }}</p>');
SELECT campaign_add_join('ten rows', 'together', after => 'mail_1, mail_2, mail_3');
SELECT campaign_add_alert('ten rows', 'tell', after => 'together', message => '{{ rows }} rows');
SELECT campaign_add_end('ten rows', 'done', after => 'tell');
SELECT campaign_publish('ten rows');
