# If this failed, a reminder would reach people who did react, or pass over some
# who did not: retargeting on random feedback is held against plain SQL over
# what senders said and over the raw events.
#
# RETARGET_SEEDS says which choices are made, with spaces between.
use strict;
use warnings FATAL => 'all';

use CampaignTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my @seeds = split / /, $ENV{RETARGET_SEEDS} // '1 2 3';
my $node = start_node('retarget', "shared_preload_libraries = 'campaign'\n");
my $people = 400;

as_owner($node, qq(
CREATE TABLE customers (id bigint PRIMARY KEY, email text, opt_in boolean);
INSERT INTO customers SELECT g, 'u' || g || '\@example.com', g % 10 <> 3 FROM generate_series(1, $people) g;
ANALYZE customers;
SELECT campaign_dimension('customers', addresses => '{"email": "email"}', consent => '{"email": "opt_in"}');
-- What the senders said, and what came back; the test's own books.
CREATE TABLE said (seed int, campaign text, message_id bigint, id bigint, sent boolean);
CREATE TABLE fed (seed int, message_id bigint, event text, link text);
));

# Starts a run, sends most of its messages, and has people react by chance.
# Some messages fail, some stay with a sender that does not answer.
sub send_and_react
{
	my ($campaign, $seed) = @_;
	my $run = as_owner($node, "SELECT campaign_start('$campaign')");

	as_owner($node, "SELECT campaign_wait($run)");
	as_owner($node, qq(
SELECT setseed($seed / 1000.0);
CREATE TEMP TABLE claimed AS SELECT *, random() AS luck FROM campaign_claim('email', 250);
INSERT INTO claimed SELECT *, random() FROM campaign_claim('email', 100);
CREATE TEMP TABLE fails AS SELECT lease, jsonb_agg(jsonb_build_object('message_id', message_id, 'reason', 'no such mailbox', 'permanent', true)) AS failed
	FROM claimed WHERE luck < 0.1 GROUP BY lease;
SELECT result FROM (SELECT DISTINCT lease FROM claimed) l LEFT JOIN fails f USING (lease), campaign_ack(l.lease, f.failed);
INSERT INTO said SELECT $seed, '$campaign', message_id, split_part(substr(address, 2), '\@', 1)::bigint, luck >= 0.1 FROM claimed;
CREATE TEMP TABLE reactions AS SELECT message_id, (ARRAY['delivered', 'bounced', 'opened', 'opened', 'clicked', 'clicked', 'unsubscribed', 'complained'])[1 + floor(random() * 8)] AS event,
	'https://' || (ARRAY['shop', 'blog'])[1 + floor(random() * 2)] || '.example.com/' || floor(random() * 3) AS link, random() AS position
	FROM claimed, generate_series(1, 3) WHERE luck >= 0.1 AND random() < 0.4;
-- A third of it is said twice, and in no order.
INSERT INTO reactions SELECT message_id, event, link, random() FROM reactions WHERE random() < 0.33;
INSERT INTO fed SELECT $seed, message_id, event, CASE WHEN event = 'clicked' THEN link END FROM reactions;
SELECT campaign_feedback((SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('message_id', message_id, 'event', event,
	'detail', CASE WHEN event = 'clicked' THEN jsonb_build_object('link', link) WHEN event = 'bounced' THEN '{"type": "soft"}' END)) ORDER BY position) FROM reactions));
));
	return $run;
}

# Conditions, and what they say in SQL over the test's own books: s is what the
# senders said of one message, did(event) whether it came back.
my %conditions = (
	silent => [ '{"delivery": "mail", "not": "opened"}', q(NOT did('opened')) ],
	opened => [ '{"delivery": "mail", "is": "opened"}', q(did('opened')) ],
	only_opened => [ '{"delivery": "mail", "is": "opened", "not": "clicked"}', q(did('opened') AND NOT did('clicked')) ],
	bounced => [ '{"delivery": "mail", "is": "bounced"}', q(did('bounced')) ],
	reacted => [ '{"delivery": "mail", "is": ["opened", "clicked"], "not": ["complained", "unsubscribed"]}', q((did('opened') OR did('clicked')) AND NOT did('complained') AND NOT did('unsubscribed')) ],
	shop => [ '{"delivery": "mail", "is": "clicked", "link": "https://shop.example.com/%"}', q(did('clicked', 'https://shop.example.com/%')) ],
	one_page => [ '{"delivery": "mail", "is": "clicked", "link": "https://blog.example.com/1"}', q(did('clicked', 'https://blog.example.com/1')) ],
);

foreach my $seed (@seeds)
{
	note "seed $seed";
	my ($earlier, $sale) = ("earlier $seed", "sale $seed");

	as_owner($node, qq(
SELECT campaign_create('$earlier', dimension => 'customers');
SELECT campaign_add_audience('$earlier', 'people', filter => 'id % 3 <> 0');
SELECT campaign_add_email('$earlier', 'mail', after => 'people', subject => 'Before', body => 'Hello');
SELECT campaign_publish('$earlier');
SELECT campaign_create('$sale', dimension => 'customers', settings => '{"keep_populations": true}');
SELECT campaign_add_audience('$sale', 'people', filter => 'id % 7 <> 0');
SELECT campaign_add_email('$sale', 'mail', after => 'people', subject => 'Sale', body => 'Hello');
SELECT campaign_add_wait('$sale', 'three_days', after => 'mail', duration => '3 days');
SELECT campaign_add_audience('$sale', 'earlier_silent', after => 'three_days', feedback => '{"campaign": "$earlier", "delivery": "mail", "not": "opened"}');
SELECT campaign_add_audience('$sale', 'earlier_clicked', after => 'three_days', feedback => '{"campaign": "$earlier", "delivery": "mail", "is": "clicked"}');
) . join('', map { qq(
SELECT campaign_add_audience('$sale', '$_', after => 'three_days', feedback => '$conditions{$_}[0]');
SELECT campaign_add_audience('$sale', 'rule_$_', after => 'three_days', filter => '{"feedback": $conditions{$_}[0]}');) } sort keys %conditions) . qq(
SELECT campaign_add_email('$sale', 'reminder', after => 'silent', subject => 'Still there', body => 'Hello');
SELECT campaign_publish('$sale');));

	send_and_react($earlier, $seed + 100);
	# What is left of it, so that nothing of it is sent with the next.
	as_owner($node, "SELECT campaign_stop(run_id) FROM campaign.run_progress WHERE campaign = '$earlier' LIMIT 1");
	my $run = send_and_react($sale, $seed);
	is(as_owner($node, "SELECT campaign_hurry($run, 'three_days')"), 1, 'three days later');
	as_owner($node, "SELECT campaign_wait($run)");
	is(as_owner($node, "SELECT string_agg(activity || ': ' || error, ', ') FROM campaign.run_progress WHERE run_id = $run AND error IS NOT NULL"), '', 'all activities');

	# The books and the raw rows of the extension say the same of both campaigns.
	is($node->safe_psql('postgres', qq(
WITH books AS (SELECT DISTINCT f.message_id, f.event, coalesce(f.link, '') AS link FROM fed f WHERE seed IN ($seed, $seed + 100)),
raw AS (SELECT DISTINCT e.message_id, e.event, coalesce(e.detail ->> 'link', '') FROM campaign.event e JOIN books USING (message_id))
SELECT (SELECT count(*) FROM (TABLE books EXCEPT TABLE raw) x) + (SELECT count(*) FROM (TABLE raw EXCEPT TABLE books) x), (SELECT count(*) > 100 FROM books))),
		'0|t', 'events are what was said');

	my $population = sub {
		my ($activity) = @_;
		return as_owner($node, "SELECT coalesce(string_agg(key, ' ' ORDER BY key::bigint), '') FROM campaign_population($run, '$activity', 'result')");
	};
	my $expected = sub {
		my ($campaign, $condition) = @_;
		$condition =~ s/did\('(\w+)'\)/EXISTS (SELECT FROM campaign.event e WHERE e.message_id = s.message_id AND e.event = '$1')/g;
		$condition =~ s/did\('(\w+)', '([^']+)'\)/EXISTS (SELECT FROM campaign.event e WHERE e.message_id = s.message_id AND e.event = '$1' AND e.detail ->> 'link' LIKE '$2')/g;
		return $node->safe_psql('postgres', "SELECT coalesce(string_agg(s.id::text, ' ' ORDER BY s.id), '') FROM said s WHERE s.campaign = '$campaign' AND s.sent AND s.id % 7 <> 0 AND $condition");
	};
	foreach my $name (sort keys %conditions)
	{
		my $wanted = $expected->($sale, $conditions{$name}[1]);

		cmp_ok(length $wanted, '>', 0, "$name: there are some");
		is($population->($name), $wanted, "$name, seed $seed");
		is($population->("rule_$name"), $wanted, "$name as a rule, seed $seed");
	}

	# Of another campaign's run, among those that came along, whether or not they got the mail.
	is($population->('earlier_silent'), $expected->($earlier, "NOT did('opened')"), "silent before, seed $seed");
	is($population->('earlier_clicked'), $expected->($earlier, "did('clicked')"), "clicked before, seed $seed");

	# The reminder is for those, but for whom has unsubscribed or complained.
	is(as_owner($node, "SELECT coalesce(string_agg(recipient, ' ' ORDER BY recipient::bigint), '') FROM (
			SELECT recipient FROM campaign.message WHERE run_id = $run AND activity = 'reminder'
			UNION ALL SELECT recipient FROM campaign.excluded WHERE run_id = $run AND activity = 'reminder') x"),
		$population->('silent'), "reminders and exclusions are the silent ones, seed $seed");
	is($node->safe_psql('postgres', "SELECT count(*) FROM campaign.message m JOIN said s ON s.id = m.recipient::bigint AND s.campaign = '$sale'
			JOIN campaign.event e ON e.message_id = s.message_id AND e.event IN ('opened', 'unsubscribed', 'complained') WHERE m.run_id = $run AND m.activity = 'reminder'"),
		'0', 'nobody who opened, unsubscribed or complained gets one');
	as_owner($node, "SELECT campaign_stop($run)");
}
verify_clean($node, 'campaign_verify finds nothing');
sound_log($node, 'no PANIC and no internal error in the log');
$node->stop;
done_testing();
