# If this fails, runs of one campaign that are at work at the same time return
# rows twice or never, or change a table twice or not at all: also when one of
# them is stopped in the middle, ends later than the next, or dies.
use strict;
use warnings FATAL => 'all';
use lib 'test/tap';
use CampaignServer;
use CampaignTest qw(kill_server sound_log verify_clean);
use Test::More;

my $node = start_server('together', "restart_after_crash = on\n");

sub sql { return $node->safe_psql('shop', $_[0]) }

# Starts another run although one of the campaign is under way; gives its number.
sub start_beside
{
	my ($campaign) = @_;
	my $before = sql("SELECT count(*) FROM campaign.run JOIN campaign.campaign USING (campaign_id) WHERE name = '$campaign'");

	start_run($node, "starts $campaign");
	$node->poll_query_until('shop', "SELECT count(*) > $before FROM campaign.run JOIN campaign.campaign USING (campaign_id) WHERE name = '$campaign'")
	  or die "no run of $campaign was started";
	return sql("SELECT max(run_id) FROM campaign.run JOIN campaign.campaign USING (campaign_id) WHERE name = '$campaign'");
}

# Publishes what starts the campaign and does not wait for it.
sub publish_starter
{
	my ($campaign) = @_;

	sql(qq{SET ROLE owner;
		SELECT campaign_create('starts $campaign', dimension => 'customers');
		SELECT campaign_add_audience('starts $campaign', 'one', filter => 'id = 1');
		SELECT campaign_add_sub_campaign('starts $campaign', 'go', '$campaign', after => 'one', wait => false);
		SELECT campaign_publish('starts $campaign')});
}

# Waits until an executor waits for a lock, beside those that wait at a gate.
sub wait_in_line
{
	my ($gates) = @_;

	$node->poll_query_until('shop', "SELECT count(*) > $gates FROM pg_stat_activity WHERE backend_type = 'campaign executor' AND wait_event_type = 'Lock'")
	  or die 'nobody waits';
}

# Two runs of the campaign: the first is held at the gate, the second waits.
sub start_two
{
	my ($campaign, $activity) = @_;

	close_gate($node, 1);
	my $first = start_beside($campaign);
	wait_until_at($node, $first, $activity);
	wait_in_line(0);
	my $second = start_beside($campaign);
	wait_in_line(1);
	return ($first, $second);
}

# Ends all runs there are, so that the next part begins anew.
sub drop
{
	my ($campaign) = @_;

	sql("SET ROLE owner; SELECT campaign_drop('starts $campaign'), campaign_drop('$campaign')");
}

# ------------------------------ incremental --------------------------------

sub publish_incremental
{
	my ($name, $options) = @_;

	sql(qq{SET ROLE owner;
		SELECT campaign_create('$name', dimension => 'customers');
		SELECT campaign_add_incremental('$name', 'fresh', filter => 'gate(1)', skip_empty => false$options);
		SELECT campaign_add_wait('$name', 'day', after => 'fresh', duration => '1 day');
		SELECT campaign_publish('$name')});
	publish_starter($name);
}

# How many rows the run's activity has returned.
sub returned
{
	my ($run) = @_;

	return sql("SELECT coalesce(sum(rows), 0) FROM campaign.flow WHERE run_id = $run AND source = 'fresh' AND outcome = 'result'");
}

# The keys that are remembered once, and how many times the others are.
sub remembered
{
	my ($campaign) = @_;

	return sql("SET ROLE owner; SELECT count(*), count(DISTINCT key) FROM campaign.returned WHERE campaign = '$campaign'");
}

sql('SET ROLE owner; ALTER TABLE customers ADD seen timestamptz, ADD points int DEFAULT 0');
sql(q(UPDATE customers SET seen = now() - interval '1 hour' * id));
foreach my $mode ([ 'by key', '' ], [ 'by date', q{, date_field => 'seen', overlap => '0'} ])
{
	my ($name, $options) = @$mode;
	publish_incremental($name, $options);

	note "$name: two at once";
	my ($first, $second) = start_two($name, 'fresh');
	sql("INSERT INTO customers (id, seen) SELECT 100 + count(*), now() FROM customers");
	open_gate($node, 1);
	wait_for($node, $first, 'waiting', "$name: the first has gone on");
	wait_for($node, $second, 'waiting', "$name: the second has gone on");
	is(returned($first) + returned($second), sql('SELECT count(*) FROM customers'), "$name: together they have returned all");
	is(returned($second), 1, "$name: the second what was new");

	note "$name: the first is stopped after the second, and a third comes";
	sql("SET ROLE owner; SELECT campaign_stop($first)");
	my $third = start_beside($name);
	wait_for($node, $third, 'waiting', "$name: the third has gone on");
	is(returned($third), returned($first), "$name: it has returned what the first had");
	is(remembered($name), sql('SELECT count(*), count(*) FROM customers'), "$name: each row is remembered once");

	note "$name: stopped in the middle";
	sql("SET ROLE owner; SELECT campaign_stop($second), campaign_stop($third)");
	($first, $second) = start_two($name, 'fresh');
	sql("SET ROLE owner; SELECT campaign_stop($first)");
	open_gate($node, 1);
	wait_for($node, $second, 'waiting', "$name: the second has gone on");
	is(returned($second), sql('SELECT count(*) FROM customers'), "$name: it has returned all");
	is(returned($first), 0, "$name: the one that was stopped nothing");

	note "$name: a crash in the middle";
	sql("SET ROLE owner; SELECT campaign_stop($second)");
	($first, $second) = start_two($name, 'fresh');
	ok(kill_server($node), "$name: the server was killed and is back");
	open_gate($node, 1);
	wait_for($node, $first, 'waiting', "$name: the first has gone on");
	wait_for($node, $second, 'waiting', "$name: the second has gone on");
	is(returned($first) + returned($second), sql('SELECT count(*) FROM customers'), "$name: together they have returned all");
	is(remembered($name), sql('SELECT count(*), count(*) FROM customers'), "$name: each row once");

	sql("SET ROLE owner; SELECT campaign_stop($first), campaign_stop($second)");
	drop($name);
}

# ------------------------------ update_data --------------------------------

sql(q{SET ROLE owner;
	CREATE TABLE cards (customer_id bigint PRIMARY KEY, points int NOT NULL);
	SELECT campaign_create('points', dimension => 'customers');
	SELECT campaign_add_audience('points', 'all');
	SELECT campaign_add_update_data('points', 'add', operation => 'upsert', target => 'cards', after => 'all',
		by => '{"customer_id": "id"}',
		fields => '[{"column": "points", "value": "CASE WHEN gate(1) THEN 1 END", "only": "insert"},
			{"column": "points", "value": "1 + (SELECT c.points FROM cards c WHERE c.customer_id = customers.id)", "only": "update"}]');
	SELECT campaign_add_wait('points', 'day', after => 'add', duration => '1 day');
	SELECT campaign_publish('points')});
publish_starter('points');

# Points of all cards, which each run that has come through raises by one.
sub points { return sql('SELECT count(*), min(points), max(points) FROM cards') }
my $people = sql('SELECT count(*) FROM customers');

note 'update_data: two at once';
my ($first, $second) = start_two('points', 'add');
is(points(), '0||', 'nothing is there while they are at work');
open_gate($node, 1);
wait_for($node, $first, 'waiting', 'the first has gone on');
wait_for($node, $second, 'waiting', 'the second has gone on');
is(points(), "$people|2|2", 'each has changed every row once: the second saw what the first had inserted');

note 'update_data: stopped in the middle';
sql("SET ROLE owner; SELECT campaign_stop($first), campaign_stop($second)");
($first, $second) = start_two('points', 'add');
sql("SET ROLE owner; SELECT campaign_stop($first)");
open_gate($node, 1);
wait_for($node, $second, 'waiting', 'the second has gone on');
is(points(), "$people|3|3", 'only the second has changed the rows');

note 'update_data: a crash in the middle';
sql("SET ROLE owner; SELECT campaign_stop($second)");
($first, $second) = start_two('points', 'add');
ok(kill_server($node), 'the server was killed and is back');
open_gate($node, 1);
wait_for($node, $first, 'waiting', 'the first has gone on');
wait_for($node, $second, 'waiting', 'the second has gone on');
is(points(), "$people|5|5", 'each has changed every row once');

note 'update_data: what somebody else has locked is waited for, and then seen';
sql("SET ROLE owner; SELECT campaign_stop($first), campaign_stop($second)");
sql("BEGIN; UPDATE cards SET points = 10 WHERE customer_id = 1; PREPARE TRANSACTION 'gate 2'");
$first = start_beside('points');
wait_in_line(0);
open_gate($node, 2);
wait_for($node, $first, 'waiting', 'the run has gone on');
is(sql('SELECT points FROM cards WHERE customer_id = 2'), 6, 'its rows are changed');
is(sql('SELECT points FROM cards WHERE customer_id = 1'), 6, 'the value is the one it had worked out');
sql("SET ROLE owner; SELECT campaign_stop($first)");
drop('points');

verify_clean($node, 'nothing is amiss', 'shop');
sound_log($node, 'the log is sound');
$node->stop;
done_testing();
