# If this fails, what a run is told from outside is lost in a crash though it was
# committed, or those who listen are not told what the run has come to.
use strict;
use warnings FATAL => 'all';

use CampaignTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = start_node('outside', qq(
shared_preload_libraries = 'campaign'
synchronous_commit = off
));

make_people($node, 200);
as_owner($node, q(
SELECT campaign_create('c', dimension => 'customers', settings => '{"variables": {"least": {"type": "integer", "default": 0}}}');
SELECT campaign_add_audience('c', 'people');
SELECT campaign_add_alert('c', 'tell', after => 'people', message => '"{{ people.result }}" people');
SELECT campaign_add_alert('c', 'shout', after => 'tell', channel => 'loud', message => $$a{{ repeat(E'\\n', 9000) }}$$);
SELECT campaign_add_signal('c', 'go', after => 'shout', timeout => '1 day');
SELECT campaign_add_approval('c', 'ask', after => 'go', roles => 'ann', question => 'All {{ rows }} with {{ vars.least }}?');
SELECT campaign_add_wait('c', 'a_day', after => 'ask.approved', duration => '1 day');
SELECT campaign_add_join('c', 'both', after => 'a_day, go', timeout => '2 days');
SELECT campaign_add_audience('c', 'rich', after => 'both', filter => 'score >= vars.least');
SELECT campaign_publish('c')));

# Notifications come with the answer to a later statement.
my $heard = as_owner($node, q(
LISTEN campaign;
LISTEN loud;
SELECT campaign_start('c') AS run \gset
SELECT campaign_wait(:run);
SELECT campaign_signal('c', 'go', '{"least": 50}');
SELECT campaign_wait(:run);
SELECT 1));
my $run = $node->safe_psql('postgres', 'SELECT max(run_id) FROM campaign.run');
like($heard, qr/"campaign" with payload "\{"event": "alert", "campaign": "c", "run": $run, "activity": "tell", "message": "\\"200\\" people"\}"/,
	'an alert is heard');
like($heard, qr/"campaign" with payload "\{"event": "started", "campaign": "c", "run": $run\}"/, 'a start is heard');
like($heard, qr/"loud" with payload "\{"event": "alert", "campaign": "c", .*"message": "a(\\n){3000,}"\}"/, 'a long one is shortened');
like($heard, qr/"campaign" with payload "\{"event": "approval", "campaign": "c", "run": $run, "activity": "ask", "approval": \d+, "message": "All 200 with 50\?"\}"/,
	'a question is heard, with what the signal has set');

note 'whom a campaign wants told goes with all that becomes of its runs';
as_owner($node, q(
CREATE TABLE broken ();
CREATE FUNCTION whole() RETURNS boolean LANGUAGE plpgsql AS 'BEGIN IF to_regclass(''public.broken'') IS NOT NULL THEN RAISE division_by_zero; END IF; RETURN true; END';
SELECT campaign_create('told', dimension => 'customers', settings => '{"supervisors": ["ops@example.com", "the \\"night\\" shift"]}');
SELECT campaign_add_audience('told', 'people', filter => 'whole()');
SELECT campaign_add_email('told', 'mail', after => 'people', subject => 'Hello', body => 'You', options => '{"confirm": true}');
SELECT campaign_publish('told')));
my $told = as_owner($node, q(
LISTEN campaign;
SELECT campaign_start('told') AS run \gset
SELECT campaign_wait(:run);
SELECT 'health ' || severity || ' ' || activity || ' ' || supervisors::text FROM campaign_health() WHERE run_id = :run;
DROP TABLE broken;
SELECT campaign_retry(:run);
SELECT campaign_wait(:run);
SELECT campaign_pause(:run);
SELECT campaign_resume(:run);
SELECT campaign_confirm(:run, 'mail');
SELECT campaign_wait(:run);
SELECT 1));
$run = $node->safe_psql('postgres', 'SELECT max(run_id) FROM campaign.run');
my $supervisors = '"supervisors": ["ops@example.com", "the \\"night\\" shift"]';
my $mail = quotemeta '"activity": "mail", "message": ';
my @events = map { s/, "message": ".*?", "sup/, "sup/r } $told =~ /with payload "(.*)" received/g;
is(join("\n", @events), join("\n", map { my ($event, $activity) = split /:/;
			qq({"event": "$event", "campaign": "told", "run": $run, ) . ($activity ? qq("activity": "$activity", ) : '') . "$supervisors}" }
		qw(started failed resumed), 'confirmation needed:mail', qw(paused resumed succeeded)), 'each of them, in order');
like($told, qr/^health error people \{ops\@example\.com,"the \\"night\\" shift"\}$/m, 'campaign_health has them, too');
my ($status, undef, $refused) = try_as_owner($node, q(SELECT campaign_create('x', dimension => 'customers', settings => '{"supervisors": ["", "a"]}')));
like($refused, qr/ERROR:  22023: setting "supervisors" must be a JSON array of at most 20 texts of 1 to 100 bytes/, 'others are refused');
is(as_owner($node, "SELECT string_agg(DISTINCT level, ' ' ORDER BY level) FROM campaign.log WHERE run_id = $run"),
	'debug error info notice', 'lines of the log have levels');
is(as_owner($node, "SELECT level, event, activity, sqlstate FROM campaign.log WHERE run_id = $run AND level = 'error' ORDER BY log_id LIMIT 1"),
	'error|error|people|22012', 'an error says who, what and with which SQLSTATE');

note 'what takes longer than it may, questions that nobody answers, and an end before the end';
as_owner($node, q(
SELECT campaign_create('late', dimension => 'customers');
SELECT campaign_add_audience('late', 'people');
SELECT campaign_add_approval('late', 'ask', after => 'people', roles => 'ann', question => 'All {{ rows }}?', remind_every => '0.1 seconds');
SELECT campaign_alter('late', 'ask', '{"max_duration": "10 milliseconds"}');
SELECT campaign_publish('late')));
$heard = as_owner($node, q(
LISTEN campaign;
SELECT campaign_start('late') AS run \gset
DO $$ BEGIN
	FOR i IN 1..6000 LOOP
		EXIT WHEN (SELECT count(DISTINCT event) = 2 FROM campaign.log l WHERE l.campaign = 'late' AND event IN ('overdue', 'reminder'));
		PERFORM pg_sleep(0.01);
	END LOOP;
END $$;
SELECT campaign_stop(:run);
SELECT 1));
$run = $node->safe_psql('postgres', 'SELECT max(run_id) FROM campaign.run');
my $ask = qq("campaign": "late", "run": $run, "activity": "ask");
like($heard, qr/with payload "\{"event": "reminder", $ask, "approval": \d+, "message": "All 200\?"\}" received/, 'a reminder says what the question did');
my @overdue = $heard =~ /with payload "(\{"event": "overdue",.*?\})" received/g;
is(scalar @overdue, 1, 'what takes too long is told once');
like($overdue[0], qr/^\{"event": "overdue", $ask, "message": "[^"]+"\}$/, '... with what takes so long');
like($heard, qr/with payload "\{"event": "stopped", "campaign": "late", "run": $run\}" received/, 'a stop is heard');

$run = $node->safe_psql('postgres', 'SELECT min(run_id) FROM campaign.run');
note 'waiting outlasts a crash, and so does what was committed just before it';
kill_server($node);
is(as_owner($node, "SELECT campaign_wait($run)"), 'waiting', 'the run still waits');
is(as_owner($node, q(SELECT campaign_decide(approval_id, 'approved') FROM campaign.approvals WHERE asked AND state = 'open')), 't', 'an answer');
kill_server($node);
is(as_owner($node, "SELECT answer FROM campaign.approvals WHERE run_id = $run"), 'approved', 'is still there');
ok($node->poll_query_until('postgres', "SELECT state = 'waiting' FROM campaign.run_progress WHERE run_id = $run AND activity = 'a_day'"),
	'and the run has gone on');
is(as_owner($node, "SELECT campaign_hurry($run, 'a_day')"), 1, 'a wait is hurried');
kill_server($node);
is(finish($node, $run), 'succeeded', 'the run ends');
is(as_owner($node, "SELECT rows FROM campaign.flow_counts WHERE run_id = $run AND source = 'rich' AND outcome = 'result'"), 100,
	'the variable of the signal has come along');
is(as_owner($node, "SELECT campaign_signal('c', 'go')"), 0, 'nobody waits any more');

note 'a signal that is there already is taken';
$run = as_owner($node, q(SELECT campaign_start('c')));
as_owner($node, "SELECT campaign_wait($run)");
is(as_owner($node, q(SELECT campaign_signal('c', 'go'))), 1, 'a signal');
kill_server($node);
ok($node->poll_query_until('postgres', "SELECT count(*) = 1 FROM campaign.approvals WHERE run_id = $run AND state = 'open'"),
	'is taken after a crash');
verify_clean($node, 'campaign_verify finds nothing');
sound_log($node, 'no PANIC and no internal error in the log');

$node->stop;
done_testing();
