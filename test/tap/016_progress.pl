# If this failed, nobody could see how far a statement is that is at work, how
# fast it is and when it will be done.
use strict;
use warnings;
use lib 'test/tap';
use CampaignServer;
use Test::More;

my $node = start_server('progress', "campaign.max_executors = 1\ncampaign.enable_fusion = off\n");

sub sql { return $node->safe_psql('shop', $_[0]) }
sub as_owner { return sql("SET ROLE owner; $_[0]") }

# Three times as many rows as are counted between two reports; the last third
# has to pass the gate.
sql(q{INSERT INTO customers SELECT n, n || '@example.com' FROM generate_series(11, 30000) n;
	ANALYZE customers;
	SET ROLE owner;
	CREATE FUNCTION pass(id bigint, gate bigint) RETURNS boolean LANGUAGE sql
		AS 'SELECT CASE WHEN id = 25001 THEN gate(gate) ELSE true END';
	SELECT campaign_create('slow', dimension => 'customers');
	SELECT campaign_add_audience('slow', 'all', filter => 'pass(id, 1)');
	SELECT campaign_add_split('slow', 'parts', after => 'all', outcomes => '[{"name": "half", "filter": "id % 2 = 0"}, {"name": "most", "filter": "pass(id, 2)"}]');
	SELECT campaign_publish('slow')});
close_gate($node, $_) for 1, 2;

# Waits until so many rows of an activity are seen from another session.
sub wait_rows
{
	my ($run, $activity, $rows, $label) = @_;
	ok($node->poll_query_until('shop',
			"SELECT rows_out FROM campaign.run_progress WHERE run_id = $run AND activity = '$activity'", $rows), $label);
	return;
}

# A column of the progress of an activity, or an expression over them.
sub progress
{
	my ($run, $activity, $what) = @_;
	return as_owner("SELECT $what FROM campaign.run_progress WHERE run_id = $run AND activity = '$activity'");
}

note 'a first run';
my $run = start_run($node, 'slow');
wait_rows($run, 'all', 20000, 'rows of a statement at work are seen from another session');
is(progress($run, 'all', 'state'), 'running', 'with its state');
is(sql("SELECT count(*) FROM campaign.flow WHERE run_id = $run"), 0, 'nothing of it is committed');
is(progress($run, 'all', "bar = rpad(repeat('#', floor(19 * 20000 / greatest((SELECT expected FROM campaign.executors()), 20000))::integer), 20, '.')"),
	't', 'the bar is drawn by what the planner expects');
is(progress($run, 'all', 'abs(rate / (rows_out / extract(epoch FROM elapsed)) - 1) < 0.01'), 't', 'the rate is rows by time');
is(progress($run, 'parts', 'state, rows_out IS NULL, bar, rate IS NULL, eta IS NULL'), 'pending|t|....................|t|t',
	'what has not begun has no figures');
is(as_owner("SELECT rows_out FROM campaign.open_progress WHERE run_id = $run AND activity = 'all'"), 20000, 'open_progress says the same');
sql('CREATE ROLE viewer LOGIN; CREATE ROLE stranger LOGIN; GRANT USAGE ON SCHEMA campaign TO viewer, stranger');
as_owner(q{SELECT campaign_grant('slow', 'viewer', 'view')});
is(sql("SET ROLE viewer; SELECT count(*) FROM campaign.run_progress WHERE run_id = $run"), 2, 'who may look sees the run');
is(sql("SET ROLE stranger; SELECT count(*) FROM campaign.run_progress WHERE run_id = $run"), 0, 'nobody else');
publish($node, 'other', 'true');
my $other = start_run($node, 'other');
is(as_owner("SELECT code, severity, message FROM campaign_health() WHERE run_id = $other"),
	'executors_busy|info|all 1 executors are at other runs', 'campaign_health says what a run waits for');
open_gate($node, 1);

wait_rows($run, 'parts', 20000, 'rows of several outcomes are seen, too');
is(progress($run, 'parts', "rows_in, bar ~ '^#+[.]+\$', rate > 0"), '30000|t|t', 'with rows in, bar and rate');
is(progress($run, 'all', "state, rows_out, bar, eta IS NULL"), 'succeeded|30000|####################|t', 'what is done has a full bar');
open_gate($node, 2);
wait_for($node, $run, 'succeeded', 'the run succeeds');
is(progress($run, 'parts', 'rows_out, abs(rate / (30000 / extract(epoch FROM elapsed)) - 1) < 0.01'), '30000|t', 'its rates stay');

note 'the next run goes by the last';
sub age_run
{
	my ($duration) = @_;
	sql("UPDATE campaign.task SET started_at = ended_at - interval '$duration' WHERE run_id = $run");
	close_gate($node, 1);
	my $next = start_run($node, 'slow');
	wait_rows($next, 'all', 20000, "a run after one of $duration");
	return $next;
}

my $next = age_run('1 hour');
is(progress($next, 'all', 'bar'), '############........', 'two thirds of the bar at two thirds of its rows');
is(progress($next, 'all', "eta = (SELECT started_at + interval '1 hour' FROM campaign.executors())"), 't', 'it is to take as long');
open_gate($node, 1);
wait_for($node, $next, 'succeeded', 'it succeeds');

$run = $next;
$next = age_run('0 seconds');
is(progress($next, 'all', "(eta - clock_timestamp()) / 2 < elapsed AND eta > clock_timestamp()
		AND abs(extract(epoch FROM eta - clock_timestamp()) / (extract(epoch FROM elapsed) / 2) - 1) < 0.05"), 't',
	'what takes longer is expected at the rate it has');
sql("SET ROLE owner; SELECT campaign_pause($next)");
wait_for_workers($node, 'executor', 0, 'it is paused');
is(progress($next, 'all', 'state, rows_out IS NULL, bar, eta IS NULL'), 'ready|t|....................|t', 'nothing is left of its progress');

$node->stop('fast');
done_testing();
