# If this failed, campaigns would not run by themselves, or with the wrong
# rights: who executes, as whom, under which settings, and who may see it.
use strict;
use warnings;
use lib 'test/tap';
use CampaignServer;
use Test::More;

my $node = start_server('worker', "campaign.pause_grace = '1s'\n");

sub sql { return $node->safe_psql('shop', $_[0]) }

note 'a run executes by itself, connected as its owner';
sql(q{CREATE TABLE witness (who text, session text, super text, path text, isolation text, limits text, asynchronous text);
	GRANT INSERT ON witness TO owner;
	SET ROLE owner;
	CREATE FUNCTION testify() RETURNS boolean LANGUAGE sql AS $$
		INSERT INTO witness VALUES (current_user, session_user, current_setting('is_superuser'),
			current_setting('search_path'), current_setting('transaction_isolation'),
			current_setting('statement_timeout') || current_setting('lock_timeout'), current_setting('synchronous_commit'));
		SELECT true $$});
publish($node, 'first', 'testify()');
my $run = start_run($node, 'first');
wait_for($node, $run, 'succeeded', 'a run succeeds without any help');
is(sql('SELECT DISTINCT who, session, super FROM witness'), 'owner|owner|off', 'it was executed by the owner, with no other rights');
is(sql("SELECT count(*) FROM campaign.message WHERE run_id = $run"), 10, 'everybody has a message');

note 'settings of role and database do not reach it, but the search_path';
sql(q{TRUNCATE witness;
	ALTER ROLE owner SET statement_timeout = '1ms';
	ALTER ROLE owner SET lock_timeout = '1ms';
	ALTER ROLE owner SET default_transaction_isolation = 'serializable';
	ALTER ROLE owner IN DATABASE shop SET search_path = public, pg_catalog;
	ALTER DATABASE shop SET lock_timeout = '1ms'});
$run = start_run($node, 'first');
wait_for($node, $run, 'succeeded', 'an owner with odd settings');
is(sql('SELECT DISTINCT isolation, limits, asynchronous FROM witness'), 'read committed|00|off', 'the executor sets its own');
sql(q{ALTER ROLE owner RESET ALL; ALTER ROLE owner IN DATABASE shop RESET ALL; ALTER DATABASE shop RESET ALL});

note 'what is at work can be seen by its owner, and by nobody else';
publish($node, 'gated', 'gate(1)');
close_gate($node, 1);
$run = start_run($node, 'gated');
wait_until_at($node, $run, 'all');
is(sql('SELECT run_id, activity FROM campaign.executors()'), "$run|all", 'a superuser sees the executor');
is(sql('SET ROLE owner; SELECT run_id, activity FROM campaign.executors()'), "$run|all", 'so does the owner');
sql('CREATE ROLE stranger; GRANT USAGE ON SCHEMA campaign TO stranger');
is(sql('SET ROLE stranger; SELECT count(*) FROM campaign.executors()'), 0, 'a stranger does not');
is(sql(q{SELECT usename, application_name, state, query FROM pg_stat_activity WHERE backend_type = 'campaign executor'}),
	"owner|campaign|active|campaign run $run: all", 'pg_stat_activity says what it is doing');
is(sql(q{SELECT count(*) FROM pg_stat_activity WHERE backend_type IN ('campaign launcher', 'campaign scheduler')
		AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL OR xact_start IS NOT NULL)}),
	0, 'launcher and scheduler wait without a transaction');

note 'pause cancels what is running; resume begins it again';
sql("SELECT campaign_pause($run)");
wait_for_workers($node, 'executor', 0, 'a paused run has no executor');
is(sql("SELECT state FROM campaign.task WHERE run_id = $run AND activity = 'all'"), 'ready', 'its task is as before');
sql("SELECT campaign_resume($run)");
wait_until_at($node, $run, 'all');
open_gate($node, 1);
wait_for($node, $run, 'succeeded', 'a resumed run succeeds');

note 'a function that catches the cancel is ended';
sql(q{SET ROLE owner;
	CREATE FUNCTION stubborn() RETURNS boolean LANGUAGE plpgsql AS $$
	BEGIN
		LOOP
			BEGIN
				RETURN gate(2);
			EXCEPTION WHEN query_canceled THEN NULL;
			END;
		END LOOP;
	END $$});
publish($node, 'stubborn', 'stubborn()');
close_gate($node, 2);
$run = start_run($node, 'stubborn');
wait_until_at($node, $run, 'all');
my $offset = -s $node->logfile;
sql("SELECT campaign_pause($run)");
wait_for_workers($node, 'executor', 0, 'its executor is gone');
like(log_of($node, $offset), qr/FATAL:  terminating background worker "campaign executor"/, 'because it was terminated');
open_gate($node, 2);
sql("SELECT campaign_resume($run)");
wait_for($node, $run, 'succeeded', 'and its run goes on');

note 'an owner who may not log in any more';
sql('CREATE ROLE temporary LOGIN; GRANT USAGE ON SCHEMA campaign TO temporary; GRANT SELECT ON customers TO temporary; GRANT EXECUTE ON FUNCTION gate TO temporary');
sql(q{SET ROLE temporary; SELECT campaign_dimension('customers', addresses => '{"email": "email"}')});
publish($node, 'temporary', 'gate(3)', role => 'temporary');
close_gate($node, 3);
$run = start_run($node, 'temporary', role => 'temporary');
wait_until_at($node, $run, 'all');
sql("SELECT campaign_pause($run)");
wait_for_workers($node, 'executor', 0, 'paused');
open_gate($node, 3);
sql('ALTER ROLE temporary NOLOGIN');
$offset = -s $node->logfile;
sql("SELECT campaign_resume($run)");
wait_for($node, $run, 'failed', 'its run fails');
like(sql("SELECT string_agg(message, ' ') FROM campaign.log WHERE run_id = $run"), qr/not permitted to log in/, 'and the log says why');
unlike(log_of($node, $offset), qr/FATAL/, 'nobody tried to connect');
sql("ALTER ROLE temporary LOGIN; SELECT campaign_retry($run)");
wait_for($node, $run, 'succeeded', 'after a repair it can be retried');

note 'with one place for executors, everybody gets a turn';
# Two activities executed in one statement would be one turn.
$node->append_conf('postgresql.conf', "campaign.max_executors = 1\ncampaign.enable_fusion = off\n");
$node->reload;
publish($node, "turn $_", "gate(4)") for 1 .. 3;
close_gate($node, 4);
my @turns = map { start_run($node, "turn $_") } 1 .. 3;
wait_for_workers($node, 'executor', 1, 'one executor for three runs');
open_gate($node, 4);
wait_for($node, $_, 'succeeded', "run $_ succeeds") for @turns;
is(sql(sprintf q{SELECT count(*) FROM campaign.task a, campaign.task m WHERE a.run_id IN (%s) AND m.run_id = %d
		AND a.activity = 'all' AND m.activity = 'mail' AND a.ended_at > m.ended_at}, join(',', @turns), $turns[0]),
	0, 'no run has come to its second task before all had their first');

$node->stop;
unlike(log_of($node), qr/PANIC|TRAP|XX000|terminated by signal/, 'nothing broke');
done_testing();
