-- Five audiences in one: the union of those who bought lately, often or much,
-- have many points, or live in a region; each once.
SELECT campaign_create('combine', dimension => 'customers');
SELECT campaign_add_audience('combine', 'lately', filter => $$
	EXISTS (SELECT FROM orders o WHERE o.customer_id = customers.id AND o.placed_at > today() - interval '30 days') $$);
SELECT campaign_add_audience('combine', 'often', filter => $$
	id IN (SELECT customer_id FROM orders GROUP BY customer_id HAVING count(*) >= 8) $$);
SELECT campaign_add_audience('combine', 'much', filter => $$
	EXISTS (SELECT FROM orders o WHERE o.customer_id = customers.id AND o.total > 400) $$);
SELECT campaign_add_audience('combine', 'points', filter => 'score > 300');
SELECT campaign_add_audience('combine', 'region', filter => $$ tz IN ('Asia/Tokyo', 'Asia/Kolkata') AND phone IS NOT NULL $$);
SELECT campaign_add_combine('combine', 'anybody', operation => 'union', after => 'lately, often, much, points, region');
SELECT campaign_add_email('combine', 'mail', after => 'anybody',
	subject => 'Hello {{ first_name }}', body => '<p>{{ score }} points</p>');
SELECT campaign_publish('combine');
