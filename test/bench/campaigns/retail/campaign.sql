-- A retail campaign by what people spent in a year: aggregates over all orders,
-- the best 5 % and the next 25 % by rank, three texts.
SELECT campaign_create('retail', dimension => 'customers');
SELECT campaign_add_audience('retail', 'buyers', filter => $$
	EXISTS (SELECT FROM orders o WHERE o.customer_id = customers.id AND o.placed_at > today() - interval '365 days') $$);
SELECT campaign_add_enrich('retail', 'spending', after => 'buyers', links => $$[
	{"name": "o", "relation": "orders", "condition": "o.customer_id = customers.id",
	 "filter": "o.placed_at > today() - interval '365 days'", "aggregate": true,
	 "columns": {"spent": "sum(o.total)", "placed": "count(*)", "latest": "max(o.placed_at)::date"}}]$$);
SELECT campaign_add_audience('retail', 'worth_it', after => 'spending', filter => 'spent >= 100');
SELECT campaign_add_split('retail', 'tier', after => 'worth_it', outcomes => '[
	{"name": "gold", "percent": 5, "sort_by": "spent DESC, id"},
	{"name": "silver", "percent": 25, "sort_by": "spent DESC, id"}, {"name": "bronze"}]');
SELECT campaign_add_email('retail', 'gold', after => 'tier.gold',
	subject => '{{ first_name }}, you are one of our best', body => '<p>{{ placed }} orders, {{ spent }} in all. The last was of {{ latest }}.</p>');
SELECT campaign_add_email('retail', 'silver', after => 'tier.silver',
	subject => '{{ first_name }}, thank you', body => '<p>You spent {{ spent }}.</p>');
SELECT campaign_add_email('retail', 'bronze', after => 'tier.bronze',
	subject => 'Come again', body => '<p>Dear {{ first_name }}, your last order was of {{ latest }}.</p>');
SELECT campaign_publish('retail');
