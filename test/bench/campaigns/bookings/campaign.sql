-- Two dimensions: a voucher for each stay of the next two weeks, and one mail
-- to each guest with the first of the stays, how many there are and for how much.
SELECT campaign_create('bookings', dimension => 'bookings');
SELECT campaign_add_audience('bookings', 'arriving', filter => $$
	arrival BETWEEN today()::date AND today()::date + 14 AND NOT cancelled $$);
SELECT campaign_add_email('bookings', 'voucher', after => 'arriving', category => 'transactional', one_per_address => false,
	subject => 'Your stay at {{ hotel }}', body => '<p>{{ customers.first_name }}, {{ nights }} nights from {{ arrival }}: {{ price }}</p>');
SELECT campaign_add_change_dimension('bookings', 'guests', after => 'arriving', dimension => 'customers',
	sort_by => 'arrival, id', columns => '{"first_hotel": "hotel", "first_arrival": "arrival"}');
SELECT campaign_add_enrich('bookings', 'history', after => 'guests', links => $$[
	{"name": "b", "relation": "bookings", "condition": "b.customer_id = customers.id", "filter": "NOT b.cancelled",
	 "aggregate": true, "columns": {"stays": "count(*)", "paid": "sum(b.price)"}}]$$);
SELECT campaign_add_email('bookings', 'welcome', after => 'history',
	subject => '{{ first_name }}, see you at {{ first_hotel }}',
	body => '<p>on {{ first_arrival }}; {{ stays }} stays, {{ paid }} in all.</p>');
SELECT campaign_publish('bookings');
