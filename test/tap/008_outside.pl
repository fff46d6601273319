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

note 'waiting outlasts a crash, and so does what was committed just before it';
kill_server($node);
is(as_owner($node, "SELECT campaign_wait($run)"), 'waiting', 'the run still waits');
is(as_owner($node, q(SELECT campaign_decide(approval_id, 'approved') FROM campaign.approvals WHERE asked AND state = 'open')), 't', 'an answer');
kill_server($node);
is(as_owner($node, 'SELECT answer FROM campaign.approvals'), 'approved', 'is still there');
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
