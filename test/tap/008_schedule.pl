# If this fails, a schedule launches nothing, or twice, or what is stale, or
# takes no notice of the run before.
use strict;
use warnings FATAL => 'all';

use CampaignTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# ---------------- what is decided, where nothing goes on by itself ----------------

my $node = start_node('schedule_call', "shared_preload_libraries = ''");
my $number = 0;

make_people($node, 1000);
as_owner($node, q(
SELECT campaign_create('model', dimension => 'customers', settings => '{"variables": {"most": {"type": "int", "default": 100}}}');
SELECT campaign_add_audience('model', 'people', filter => 'id <= vars.most');
SELECT campaign_add_email('model', 'mail', after => 'people', subject => 'Hello', body => 'You')));

sub sql { return $node->safe_psql('postgres', $_[0]) }

# A campaign whose daily launch was due so long ago, and first so many days before.
sub make_due
{
	my ($ago, $days, $schedule) = @_;
	my $name = 'c' . ++$number;

	as_owner($node, qq(
SELECT campaign_duplicate('model', '$name');
SELECT campaign_publish('$name');
SELECT campaign_schedule('$name', '$schedule' || jsonb_build_object('frequency', 'daily', 'time_zone', 'UTC',
	'at', to_char(now() AT TIME ZONE 'UTC' - interval '$ago', 'HH24:MI')))));
	sql(qq(UPDATE campaign.schedule s SET next_at = date_trunc('minute', now() - interval '$ago') - interval '$days days'
FROM campaign.campaign c WHERE c.campaign_id = s.campaign_id AND c.name = '$name'));
	return $name;
}

# States of the runs of a campaign, and whether the next launch is to come.
sub outcome
{
	my ($name) = @_;

	return sql(qq(SELECT concat_ws(' ', string_agg(r.state, ' ' ORDER BY r.run_id), s.launched,
	CASE WHEN s.next_at > now() THEN 'next' WHEN s.next_at IS NULL THEN 'ended' ELSE 'due' END)
FROM campaign.campaign c JOIN campaign.schedule s USING (campaign_id) LEFT JOIN campaign.run r USING (campaign_id)
WHERE c.name = '$name' GROUP BY s.launched, s.next_at));
}

sub work { as_owner($node, 'CALL campaign_work()') }

my $name = make_due('10 minutes', 0, '{}');
sql('CALL campaign_work()');
is(outcome($name), '0 due', 'nobody else launches the owner\'s campaigns');
work();
is(outcome($name), 'succeeded 1 next', 'a launch');
is(as_owner($node, qq(SELECT count(*) FROM campaign.message)), '88', 'with its messages');
work();
is(outcome($name), 'succeeded 1 next', 'once');
sql(q(UPDATE campaign.schedule SET next_at = (SELECT max(occurrence) FROM campaign.run)));
work();
is(outcome($name), 'succeeded 1 next', 'even if the row is that of before');
is(sql(qq(SELECT string_agg(DISTINCT started_by, ' ') FROM campaign.run)), 'ann', 'by the owner');

foreach my $case (
	[ 'a launch that is too late', '2 hours', 0, '{}', 'missed 0 next' ],
	[ 'within a limit of its own', '2 hours', 0, '{"max_lateness": "3 hours"}', 'succeeded 1 next' ],
	[ 'beyond a limit of its own', '10 minutes', 0, '{"max_lateness": "0"}', 'missed 0 next' ],
	[ 'several launches, the last in time', '10 minutes', 2, '{}', 'missed succeeded 1 next' ],
	[ 'several launches, all of them late', '2 hours', 2, '{}', 'missed missed 0 next' ],
	[ 'one run for all that was missed', '2 hours', 2, '{"missed": "once"}', 'succeeded 1 next' ],
	[ 'a run for each', '2 hours', 2, '{"missed": "all", "overlap": "queue"}', 'succeeded succeeded succeeded 3 next' ],
	[ 'two runs at most', '2 hours', 2, '{"missed": "all", "overlap": "queue", "executions": 2}', 'succeeded succeeded 2 ended' ])
{
	my ($what, $ago, $days, $schedule, $expected) = @$case;

	$name = make_due($ago, $days, $schedule);
	work();
	is(outcome($name), $expected, $what);
}
like(sql(q(SELECT message FROM campaign.log WHERE new_state = 'missed' ORDER BY log_id LIMIT 1)),
	qr/^launch of \w{3} \d{4}-\d\d-\d\d \d\d:\d\d in UTC: it would have been too late$/, 'the log says why');
is(as_owner($node, q(SELECT string_agg(DISTINCT state, ' ' ORDER BY state) FROM campaign.schedules)), 'active ended', 'the view shows it');

$name = make_due('10 minutes', 0, '{"variables": {"most": 10}}');
work();
is(sql(q(SELECT max(targeted) FROM campaign.delivery WHERE run_id = (SELECT max(run_id) FROM campaign.run))), '10', 'variables');

# -------------------------- the run before has not ended --------------------------

$name = make_due('10 minutes', 0, '{}');
my $run = as_owner($node, qq(SELECT campaign_start('$name')));
as_owner($node, "SELECT campaign_pause($run)");
work();
is(outcome($name), 'paused 0 next', 'a launch is skipped');
like(sql(q(SELECT message FROM campaign.log WHERE event = 'skip')), qr/: run $run has not ended$/, 'which the log says');

$name = make_due('10 minutes', 0, '{"overlap": "queue"}');
$run = as_owner($node, qq(SELECT campaign_start('$name')));
as_owner($node, "SELECT campaign_pause($run)");
work();
is(outcome($name), 'paused 0 due', 'a launch waits');
as_owner($node, "SELECT campaign_resume($run)");
work();
is(outcome($name), 'succeeded succeeded 1 next', 'until the run has ended');

$name = make_due('10 minutes', 0, '{"overlap": "parallel"}');
$run = as_owner($node, qq(SELECT campaign_start('$name')));
as_owner($node, "SELECT campaign_pause($run)");
work();
is(outcome($name), 'paused succeeded 1 next', 'a launch beside it');
as_owner($node, "SELECT campaign_resume($run)");
work();
is(outcome($name), 'succeeded succeeded 1 next', 'which goes on');

# ------------------------------ not now, or not here ------------------------------

$name = make_due('10 minutes', 0, '{}');
sql('SELECT campaign_hold_all()');
work();
is(outcome($name), '0 due', 'nothing is launched while everything is held');
$node->safe_psql('template1', 'CREATE DATABASE other TEMPLATE postgres');
sql('SELECT campaign_resume_all()');
$node->safe_psql('other', 'SELECT campaign_resume_all()');
as_owner($node, 'CALL campaign_work()', 'other');
is($node->safe_psql('other', "SELECT string_agg(DISTINCT state, ' ') FROM campaign.schedules WHERE next_at < now()"), 'held', 'nor in a copy');
work();
is(outcome($name), 'succeeded 1 next', 'but here');
as_owner($node, 'SELECT campaign_adopt(); CALL campaign_work()', 'other');
is($node->safe_psql('other', 'SELECT count(*) FROM campaign.schedule WHERE next_at < now()'), '0', 'and in a copy that takes over');

$name = make_due('2 hours', 9, '{"missed": "all", "overlap": "queue"}');
$node->command_ok([ 'pgbench', '-n', '-c', '6', '-t', '4', '-U', 'ann', '-h', $node->host, '-p', $node->port,
		'-f', (sub { my $file = PostgreSQL::Test::Utils::tempdir() . '/work.sql'; append_to_file($file, "CALL campaign_work()\n"); $file })->(),
		'postgres' ], 'many look at the same time');
work();
is(outcome($name), join(' ', ('succeeded') x 10, '10 next'), 'each launch has one run');

sql(q(UPDATE campaign.schedule SET schedule = schedule || '{"time_zone": "Atlantis"}', next_at = now() - interval '1 minute' FROM campaign.campaign c
WHERE c.campaign_id = schedule.campaign_id AND c.name = 'c1'));
work();
is(outcome('c1'), 'succeeded 1 ended', 'a schedule that cannot be read any more has ended');
verify_clean($node, 'campaign_verify finds nothing');
sound_log($node, 'no PANIC and no internal error in the log');
$node->stop;

# ------------------------------- it goes on by itself -----------------------------

$node = start_node('schedule', "restart_after_crash = on\ncampaign.scheduler_idle = 300ms\n");
make_people($node, 100);
as_owner($node, q(
SELECT campaign_create('c', dimension => 'customers');
SELECT campaign_add_audience('c', 'people');
SELECT campaign_add_email('c', 'mail', after => 'people', subject => 'Hello', body => 'You');
SELECT campaign_publish('c')));

# A launch so many seconds ahead; returns when that is.
sub schedule_once
{
	my ($seconds, $more) = @_;

	$more //= '';
	return as_owner($node, qq(
WITH t AS MATERIALIZED (SELECT date_trunc('second', clock_timestamp()) + interval '$seconds seconds' AS at)
SELECT at FROM t WHERE campaign_schedule('c', jsonb_build_object('frequency', 'once', 'at', to_char(at, 'YYYY-MM-DD HH24:MI:SSOF')) || '{$more}') IS NOT NULL));
}

# The launch takes place, once.
sub launched
{
	my ($at, $state, $what) = @_;

	ok($node->poll_query_until('postgres', "SELECT EXISTS (SELECT FROM campaign.run WHERE occurrence = '$at' AND state = '$state')"), $what)
	  or diag($node->safe_psql('postgres', 'SELECT run_id, state, occurrence FROM campaign.run'));
	is($node->safe_psql('postgres', "SELECT count(*) FROM campaign.run WHERE occurrence = '$at'"), '1', 'once');
}

my $at = schedule_once(2);
launched($at, 'succeeded', 'a launch');
cmp_ok(sql("SELECT extract(epoch FROM started_at - occurrence) FROM campaign.run WHERE occurrence = '$at'"), '<', 2, 'in time');
cmp_ok(sql("SELECT extract(epoch FROM started_at - occurrence) FROM campaign.run WHERE occurrence = '$at'"), '>=', 0, 'not before');

$at = schedule_once(4);
ok($node->poll_query_until('postgres', q(SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'campaign scheduler')), 'no process waits for it');
launched($at, 'succeeded', 'a launch after that');

$at = schedule_once(2);
$node->stop('immediate');
$node->start;
launched($at, 'succeeded', 'a launch after a restart');
$node->restart;
$node->stop('immediate');
$node->start;
$at = schedule_once(1);
launched($at, 'succeeded', 'a launch after others');
# The scheduler has looked for launches, and is still looking for something else.
my $locker = $node->background_psql('postgres');
$locker->query_safe('BEGIN');
$locker->query_safe('LOCK TABLE campaign.task');
$at = schedule_once(2);
ok($node->poll_query_until('postgres', "SELECT clock_timestamp() > '$at' AND EXISTS (SELECT FROM pg_locks WHERE relation = 'campaign.task'::regclass AND NOT granted)"),
	'a launch falls due while the scheduler looks');
$locker->query_safe('COMMIT');
$locker->quit;
launched($at, 'succeeded', 'which it has not seen');
is(sql('SELECT count(*) - count(DISTINCT occurrence) FROM campaign.run'), '0', 'none was launched twice');

$run = as_owner($node, q(SELECT campaign_start('c')));
as_owner($node, "SELECT campaign_pause($run)");
$at = schedule_once(1, '"overlap": "queue"');
ok($node->poll_query_until('postgres', "SELECT clock_timestamp() > '$at'::timestamptz + interval '1 second'"), 'a launch waits');
is(sql("SELECT count(*) FROM campaign.run WHERE occurrence = '$at'"), '0', 'for a run to end');
as_owner($node, "SELECT campaign_resume($run)");
launched($at, 'succeeded', 'which wakes it');

# Nobody waits for whoever keeps the campaign locked.
my $keeper = $node->background_psql('postgres');
$keeper->query_safe('BEGIN');
$keeper->query_safe(q(SELECT FROM campaign.campaign WHERE name = 'c' FOR UPDATE));
sql(q(UPDATE campaign.schedule SET next_at = clock_timestamp()));
as_owner($node, q(SELECT campaign_create('d', dimension => 'customers');
SELECT campaign_add_audience('d', 'people');
SELECT campaign_publish('d')));
$run = as_owner($node, q(SELECT campaign_start('d')));
is(finish($node, $run), 'succeeded', 'other campaigns go on');
is(sql('SELECT count(*) FROM campaign.schedule WHERE next_at IS NOT NULL'), '1', 'the launch waits');
$keeper->query_safe('COMMIT');
$keeper->quit;
ok($node->poll_query_until('postgres', q(SELECT (SELECT next_at IS NULL FROM campaign.schedule)
	AND NOT EXISTS (SELECT FROM campaign.run WHERE state NOT IN ('succeeded', 'missed')))), 'until it can take place');

sql('ALTER ROLE ann NOLOGIN');
sql(q(UPDATE campaign.schedule SET next_at = date_trunc('second', clock_timestamp()) - interval '0.5 seconds'));
$node->restart;
ok($node->poll_query_until('postgres', q(SELECT EXISTS (SELECT FROM campaign.log WHERE event = 'launch'))), 'an owner who cannot log in');
like(sql(q(SELECT message FROM campaign.log WHERE event = 'launch' ORDER BY log_id DESC LIMIT 1)), qr/cannot execute campaign "c"/, 'is told by the log');
sql('ALTER ROLE ann LOGIN');
verify_clean($node, 'campaign_verify finds nothing');
sound_log($node, 'no PANIC and no internal error in the log');
$node->stop;
done_testing();
