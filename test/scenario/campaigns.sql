-- Campaigns with activities of all kinds that read or write populations.  What
-- comes of them must not depend on where the rows of the tables are.
INSERT INTO person SELECT i, CASE WHEN i % 11 <> 0 THEN (i / 2) || '@example.org' END, '+33 6 ' || (10000000 + i), i % 7 <> 0, i % 100, i % 13, NULL FROM generate_series(1, 3000) i;
INSERT INTO purchase SELECT i % 3000 + 1, i, i % 90 FROM generate_series(1, 9000) i WHERE i % 5 <> 0;
SELECT campaign_dimension('person', addresses => '{"email": "email", "sms": "phone"}', consent => '{"email": "opt_in"}');
SELECT campaign_dimension('purchase', key => 'person_id, number', profile => 'person_id', profile_dimension => 'person');
SELECT campaign_link('buyer', 'purchase', 'person', 'person.id = purchase.person_id');
SELECT campaign_link('purchases', 'person', 'purchase', 'purchase.person_id = person.id');
SELECT campaign_rule('three_a_week', 'pressure', '{"messages": 3, "per": "7 days"}');

SELECT campaign_create('targeting', 'person', settings => '{"keep_populations": true, "variables": {"town": {"type": "integer", "default": 50}}}');
SELECT campaign_add_audience('targeting', 'of_towns', filter => 'town < vars.town');
SELECT campaign_add_audience('targeting', 'buyers', filter => 'EXISTS (SELECT FROM purchase p WHERE p.person_id = person.id AND p.total > 80)');
SELECT campaign_add_audience('targeting', 'keen', filter => '(SELECT count(*) FROM purchase p WHERE p.person_id = person.id) > 2 AND id % 3 = 0');
SELECT campaign_add_combine('targeting', 'any_of_them', operation => 'union', after => 'of_towns, buyers, keen');
SELECT campaign_add_combine('targeting', 'every', operation => 'intersection', after => 'of_towns, buyers, keen');
SELECT campaign_add_combine('targeting', 'only_towns', operation => 'exclusion', after => 'of_towns, buyers, keen');
SELECT campaign_add_combine('targeting', 'some_of_them', operation => 'union', max_rows => 300, after => 'of_towns, keen');
SELECT campaign_add_audience('targeting', 'narrower', filter => 'score > 3', after => 'any_of_them');
SELECT campaign_add_deduplicate('targeting', 'mailboxes', by => 'lower(email)', keep => 'score DESC, id', after => 'any_of_them');
SELECT campaign_add_deduplicate('targeting', 'households', by => 'town, score', keep => 'id', max_rows => 2, after => 'any_of_them');
SELECT campaign_add_enrich('targeting', 'enriched', columns => '{"grade": "score * 2", "purchases": "(SELECT count(*) FROM purchase p WHERE p.person_id = person.id)"}', after => 'narrower');
SELECT campaign_add_enrich('targeting', 'linked', links => '[
	{"name": "last", "relation": "purchase", "condition": "last.person_id = person.id", "sort_by": "total DESC, last.number", "number": 2, "columns": {"price": "last.total"}},
	{"name": "sums", "relation": "purchase", "condition": "sums.person_id = person.id", "aggregate": true, "columns": {"spent": "sum(sums.total)"}}]', after => 'enriched');
SELECT campaign_add_split('targeting', 'shares', '[{"name": "a", "percent": 30}, {"name": "b", "filter": "purchases > 2"}, {"name": "c"}]', after => 'enriched');
SELECT campaign_add_split('targeting', 'numbers', '[{"name": "best", "number": 100, "sort_by": "score DESC, id"}, {"name": "drawn", "number": 50}, {"name": "others"}]', after => 'enriched');
SELECT campaign_add_split('targeting', 'segments', '[{"name": "a", "percent": 30}, {"name": "b"}]', one_relation => true, segment_column => 'segment', after => 'enriched');
SELECT campaign_add_incremental('targeting', 'fresh', filter => 'town = 7', history_days => 30);
SELECT campaign_add_incremental('targeting', 'fresh_of_them', history_days => 30, after => 'shares.a');
SELECT campaign_add_save_audience('targeting', 'kept', 'good', mode => 'append', columns => '{"worth": "grade"}', after => 'shares.b');
SELECT campaign_add_change_dimension('targeting', 'their_purchases', 'purchase', link => 'purchases', after => 'shares.a');
SELECT campaign_add_change_dimension('targeting', 'their_buyers', 'person', link => 'buyer', columns => '{"most": "total"}', sort_by => 'total DESC, number', after => 'their_purchases');
SELECT campaign_add_sql('targeting', 'chosen', query => 'SELECT p.id, c.purchases FROM person p JOIN shares.c ON c.id = p.id WHERE p.score > 5', after => 'shares.c');
SELECT campaign_add_fork('targeting', 'fork', after => 'narrower');
SELECT campaign_add_test('targeting', 'enough', '[{"name": "yes", "condition": "rows > 0"}]', after => 'fork');
SELECT campaign_add_wait('targeting', 'later', duration => '0', after => 'enough.yes');
SELECT campaign_add_join('targeting', 'joined', after => 'later, kept');
SELECT campaign_publish('targeting');
SELECT campaign_start('targeting') AS run \gset
SELECT campaign_wait(:run);

SELECT campaign_create('reading', 'person', settings => '{"keep_populations": true}');
SELECT campaign_add_read_audience('reading', 'read', audience => 'good', columns => '{"grade": "source.worth"}');
SELECT campaign_add_read_audience('reading', 'matched', source => 'SELECT DISTINCT lower(email) AS mail FROM person WHERE town = 3', match => 'lower(person.email) = source.mail');
SELECT campaign_add_sql('reading', 'marked', effect => true, query => 'UPDATE person SET mark = read.grade::text FROM read WHERE read.id = person.id', after => 'read');
SELECT campaign_publish('reading');
SELECT campaign_start('reading') AS run \gset
SELECT campaign_wait(:run);

SELECT campaign_create('delivering', 'person', settings => '{"keep_populations": true}');
SELECT campaign_add_audience('delivering', 'some', filter => 'town < 40');
SELECT campaign_add_enrich('delivering', 'bonuses', columns => '{"bonus": "score + 1", "purchases": "(SELECT count(*) FROM purchase p WHERE p.person_id = person.id)"}', after => 'some');
SELECT campaign_add_email('delivering', 'mail', subject => 'town {{ town }}', body => '{{ bonus }} {{ purchases }} unsubscribe', options => '{"rules": "three_a_week"}', after => 'bonuses');
SELECT campaign_add_sms('delivering', 'text', body => 'bonus {{ bonus }}', category => 'transactional', after => 'bonuses');
SELECT campaign_add_audience('delivering', 'were_sent', feedback => '{"delivery": "mail", "not": "opened"}', after => 'mail');
SELECT campaign_publish('delivering');
SELECT campaign_start('delivering') AS run \gset
SELECT campaign_wait(:run);

SELECT campaign_create('delivering_purchases', 'purchase', settings => '{"keep_populations": true}');
SELECT campaign_add_audience('delivering_purchases', 'large', filter => 'total > 85');
SELECT campaign_add_email('delivering_purchases', 'letter', subject => 's', body => '{{ total }} {{ person.town }} unsubscribe', after => 'large');
SELECT campaign_publish('delivering_purchases');
SELECT campaign_start('delivering_purchases') AS run \gset
SELECT campaign_wait(:run);
