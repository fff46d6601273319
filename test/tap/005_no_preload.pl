# If this fails, campaigns cannot be executed on a server that does not preload
# the library, or CALL campaign_work() executes what it must not.
use strict;
use warnings FATAL => 'all';

use CampaignTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_node('embedded', "shared_preload_libraries = ''");
my ($status, $output, $errors);

make_people($node, 1000);
make_campaign($node, 'c', wait => '10 milliseconds');
make_campaign($node, 'later', wait => '1 day');

sub state_of
{
	return $node->safe_psql('postgres', "SELECT state FROM campaign.run WHERE run_id = $_[0]");
}

# ----------------------------- start and wait -----------------------------

($status, $output, $errors) = try_as_owner($node, q(SELECT campaign_start('c')));
my $run = $output;
is($status, 0, 'a run is started');
like($errors, qr/NOTICE:  00000: no worker will execute run $run\n.*shared_preload_libraries.*\nHINT:  CALL campaign_work\(\)/s,
	'campaign_start says that nobody will execute it, and what does');
is(as_owner($node, q(SELECT code, message FROM campaign_health() WHERE code = 'not_preloaded')),
	'not_preloaded|nobody executes it: the library is not preloaded', 'so does campaign_health');

($status, $output, $errors) = try_as_owner($node, "SELECT campaign_wait($run)");
like($errors, qr/ERROR:  55000: no worker executes run $run\n.*HINT:  CALL campaign_work\(\)/s,
	'campaign_wait refuses at once');

# -------------------------------- refusals --------------------------------

foreach my $case (
	[ 'a transaction block', 'BEGIN; CALL campaign_work()' ],
	[ 'a function', q(
CREATE FUNCTION work() RETURNS void LANGUAGE plpgsql AS 'BEGIN CALL campaign_work(); END';
SELECT work()) ],
	[ 'a block with a handler', 'DO $$ BEGIN CALL campaign_work(); EXCEPTION WHEN division_by_zero THEN NULL; END $$' ],
	[ 'a block in a transaction', 'BEGIN; DO $$ BEGIN CALL campaign_work(); END $$' ])
{
	my ($where, $script) = @$case;

	($status, $output, $errors) = try_as_owner($node, $script);
	like($errors, qr/ERROR:  25001: campaign_work\(\) cannot run inside .*HINT:  CALL it as a statement of its own/s,
		"campaign_work is refused in $where");
}
($status, $output, $errors) = try_as_owner($node, q(SET default_transaction_isolation = 'repeatable read'; CALL campaign_work()));
like($errors, qr/ERROR:  25001: campaign_work\(\) cannot run in transactions that see only .*HINT:  SET default_transaction_isolation/s,
	'campaign_work is refused where it could not see what others have ended');
is(state_of($run), 'pending', 'nothing was executed');

# ------------------------------ whose runs --------------------------------

$node->safe_psql('postgres', q(
CREATE ROLE bob LOGIN IN ROLE ann;
GRANT USAGE ON SCHEMA campaign TO bob));
foreach my $case ([ 'another user', 'CALL campaign_work()' ],
	[ 'SET ROLE to the owner', 'SET ROLE ann; CALL campaign_work()' ])
{
	my ($who, $script) = @$case;

	($status, $output, $errors) = $node->psql('postgres', $script, extra_params => [ '-U', 'bob' ]);
	is($status, 0, "$who may call campaign_work");
	like($errors, qr/NOTICE:  1 run of another owner is due\nHINT: /, "... and is told of the run of another owner");
	is(state_of($run), 'pending', '... which is not executed');
}

sub health { return as_owner($node, "SELECT severity, run_id, message FROM campaign_health() WHERE code = '$_[0]'") }
is(health('not_preloaded'), "info|$run|nobody executes it: the library is not preloaded", 'campaign_health says who executes it: nobody');

# -------------------------------- execution -------------------------------

($status, $output, $errors) = try_as_owner($node, 'CALL campaign_work()');
is("$status$errors", '0', 'the owner executes it, without further words');
# The timer is due by now, or will be: the session's time passes meanwhile.
$node->poll_query_until('postgres', q(
SELECT count(*) = 0 FROM campaign.task WHERE state = 'waiting' AND due_at > clock_timestamp()));
as_owner($node, 'CALL campaign_work()');
is(state_of($run), 'succeeded', 'timers that are due are executed too');
is(health('not_preloaded'), '', 'and campaign_health says no more of it');
is(as_owner($node, "SELECT campaign_wait($run)"), 'succeeded', 'campaign_wait answers for what has ended');
verify_clean($node, 'campaign_verify finds nothing');
my $messages = as_owner($node, "SELECT count(*) FROM campaign.message WHERE run_id = $run");
is(as_owner($node, q(SELECT count(*) FROM campaign_claim('email', 10000))), $messages, 'messages are handed out');

is(health('retention'), '', 'nothing is older than it is to be kept');
$node->safe_psql('postgres', "UPDATE campaign.chunk SET settled = true; UPDATE campaign.run SET ended_at = now() - interval '3 years'; UPDATE campaign.epoch SET month = month - interval '3 years'");
is(health('retention'), 'warning||messages or populations are older than they are to be kept', 'where nobody deletes what is old, campaign_health says so');
as_owner($node, 'SELECT campaign_clean_up()');
is(health('retention'), '', 'until somebody does');

$run = as_owner($node, q(SELECT campaign_start('later')));
as_owner($node, 'CALL campaign_work()');
is(state_of($run), 'waiting', 'timers that are not due are left alone');
is(as_owner($node, "SELECT campaign_wait($run)"), 'waiting', 'campaign_wait does not wait for timers');
$run = as_owner($node, q(SELECT campaign_start('c')));
is(as_owner($node, "SELECT campaign_stop($run)"), 'stopped', 'a run is stopped');
as_owner($node, 'CALL campaign_work()');
is(state_of($run), 'stopped', '... and not executed');

# ------------------------------- two at a time ----------------------------

as_owner($node, q(
CREATE FUNCTION gate() RETURNS boolean LANGUAGE sql AS 'SELECT pg_advisory_xact_lock_shared(1) IS NOT NULL'));
make_campaign($node, 'held', filter => 'gate()');
my $keeper = $node->background_psql('postgres');
$keeper->query_safe('SELECT pg_advisory_lock(1)');
$run = as_owner($node, q(SELECT campaign_start('held')));
($status, $output, $errors) = try_as_owner($node, q(SET statement_timeout = '500ms'; CALL campaign_work()));
like($errors, qr/ERROR:  57014: canceling statement due to statement timeout/, 'a cancel ends the call');
is(as_owner($node, "SELECT state, attempts FROM campaign.run_progress WHERE run_id = $run AND activity = 'people'"),
	'ready|0', '... and is no failure of the task');
my $worker = $node->background_psql('postgres', extra_params => [ '-U', 'ann' ]);
$worker->query_until(qr/begins/, "\\echo begins\nCALL campaign_work();\n");
$node->poll_query_until('postgres', q(SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)));
($status, $output, $errors) = try_as_owner($node, q(SET statement_timeout = '20s'; CALL campaign_work()));
is($status, 0, 'a second session does not wait for what the first is at') or diag($errors);
$keeper->quit;
$worker->quit;
like(state_of($run), qr/waiting|succeeded/, 'the first one finishes it');

# --------------------------------- formats --------------------------------

make_campaign($node, 'dated', body => '<p>{{ make_date(2026, 12, 31) }}</p>');
$run = as_owner($node, q(SELECT campaign_start('dated')));
as_owner($node, 'SET datestyle = german; CALL campaign_work()');
is($node->safe_psql('postgres', qq(SELECT count(*) > 0, bool_and('2026-12-31' = ANY (variables))
FROM campaign.dispatch JOIN campaign.delivery USING (delivery_id) WHERE run_id = $run)),
	't|t', 'values have the formats they have in a worker, whatever those of the session');

# --------------------------------- failure --------------------------------

as_owner($node, q(
CREATE FUNCTION broken(bigint) RETURNS boolean LANGUAGE sql AS 'SELECT 1 / ($1 - 500) IS NOT NULL'));
make_campaign($node, 'broken', filter => 'broken(customers.id)');
$run = as_owner($node, q(SELECT campaign_start('broken')));
($status, $output, $errors) = try_as_owner($node, 'CALL campaign_work()');
is($status, 0, 'an error in a task is not one of the call');
is(as_owner($node, "SELECT state, sqlstate FROM campaign.run_progress WHERE run_id = $run AND activity = 'people'"),
	'failed|22012', '... but recorded with the task');
as_owner($node, q(CREATE OR REPLACE FUNCTION broken(bigint) RETURNS boolean LANGUAGE sql AS 'SELECT true')
);
as_owner($node, "SELECT campaign_retry($run)");
as_owner($node, 'CALL campaign_work()');
like(state_of($run), qr/waiting|succeeded/, 'after repair and campaign_retry it goes on');
verify_clean($node, 'campaign_verify finds nothing');
sound_log($node, 'no PANIC and no internal error in the log');

$node->stop;
done_testing();
