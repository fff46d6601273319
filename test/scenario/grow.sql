-- Graphs by chance, the same each time: sets from sets from sets.
CREATE FUNCTION pg_temp.chance(seed text, n integer) RETURNS integer LANGUAGE sql AS 'SELECT abs(hashtext(seed)::bigint % n)::integer';
CREATE FUNCTION pg_temp.grow(name text, activities integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	outcomes text[] = '{}';
	a text;
	one text;
	two text;
	s text;
	kind integer;
BEGIN
	PERFORM campaign_create(name, 'person');
	FOR i IN 1..activities LOOP
		a = 'a' || i;
		s = name || i;
		one = outcomes[1 + pg_temp.chance(s || 'one', greatest(cardinality(outcomes), 1))];
		two = outcomes[1 + pg_temp.chance(s || 'two', greatest(cardinality(outcomes), 1))];
		kind = CASE WHEN i < 3 THEN 0 ELSE pg_temp.chance(s, 8) END;
		CASE kind
		WHEN 0 THEN
			PERFORM campaign_add_audience(name, a, filter => format('town < %s AND EXISTS (SELECT FROM purchase p WHERE p.person_id = person.id AND p.total > %s)', pg_temp.chance(s || 't', 100), pg_temp.chance(s || 'p', 90)));
		WHEN 1 THEN
			PERFORM campaign_add_audience(name, a, filter => format('score > %s', pg_temp.chance(s || 's', 13)), after => one);
		WHEN 2, 3 THEN
			CONTINUE WHEN one = two;
			PERFORM campaign_add_combine(name, a, operation => (ARRAY['union', 'intersection', 'exclusion'])[1 + pg_temp.chance(s || 'o', 3)], after => one || ', ' || two);
		WHEN 4 THEN
			PERFORM campaign_add_deduplicate(name, a, by => (ARRAY['lower(email)', 'town', 'id'])[1 + pg_temp.chance(s || 'b', 3)], keep => 'score DESC, id', after => one);
		WHEN 5 THEN
			PERFORM campaign_add_enrich(name, a, columns => jsonb_build_object('e' || i, '(SELECT sum(p.total) FROM purchase p WHERE p.person_id = person.id)'), after => one);
		WHEN 6 THEN
			PERFORM campaign_add_split(name, a, '[{"name": "a", "percent": 40}, {"name": "b", "filter": "town > 20"}, {"name": "c"}]', after => one);
			outcomes = outcomes || (a || '.a') || (a || '.c');
			CONTINUE;
		ELSE
			PERFORM campaign_add_sms(name, a, body => '{{ town }}', category => 'transactional', after => one);
		END CASE;
		outcomes = outcomes || a;
	END LOOP;
END $$;
