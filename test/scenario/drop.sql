-- Takes the campaigns of the scenario away, and its tables.
SELECT campaign_drop(c) FROM unnest('{targeting,reading,delivering,delivering_purchases}'::text[]) c;
SELECT campaign_audience_drop('good'), campaign_rule_drop('three_a_week');
DROP TABLE person, purchase;
