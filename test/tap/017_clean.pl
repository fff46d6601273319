# If this fails, what is old is not cleaned up by itself, or more than that, or
# while everything is held, or senders are disturbed by it.
use strict;
use warnings FATAL => 'all';
use lib 'test/tap';
use CampaignServer;
use CampaignTest qw(sound_log verify_clean);
use Test::More;

my $node = start_server('clean');

sub sql { return $node->safe_psql('shop', $_[0]) }

# Publishes a campaign whose messages are old after a day.
sub publish_short
{
	my ($name) = @_;

	sql(qq{SET ROLE owner;
		SELECT campaign_create('$name', dimension => 'customers', settings => '{"keep_populations": true, "history": {"messages": 1, "populations": 1, "runs": 2}}');
		SELECT campaign_add_audience('$name', 'all');
		SELECT campaign_add_email('$name', 'mail', after => 'all', subject => 'Hello', body => 'You');
		SELECT campaign_publish('$name')});
}

# Runs it, sends its messages, and gives the number of the run.
sub run_and_send
{
	my ($name) = @_;
	my $run = start_run($node, $name);

	wait_for($node, $run, 'succeeded', "a run of $name");
	sql(q{SET ROLE owner; SELECT count(campaign_ack(lease)) FROM (SELECT DISTINCT lease FROM campaign_claim('email', 100)) c});
	return $run;
}

# Makes runs so much older that they are old in so many seconds.
sub age
{
	my ($seconds, $days, @runs) = @_;

	sql("UPDATE campaign.run SET ended_at = clock_timestamp() - interval '$days days' + interval '$seconds seconds' WHERE run_id = ANY ('{" . join(',', @runs) . "}')");
}

# Waits until the query gives this.
sub wait_until
{
	my ($query, $expected, $label) = @_;

	ok($node->poll_query_until('shop', $query, $expected), $label);
}

# A scheduler has come and looked, for it has left again.
sub run_workers
{
	$node->poll_query_until('postgres', "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'campaign launcher'", 1);
	sql(q{SET ROLE owner; SELECT campaign_pause(r), campaign_resume(r) FROM (SELECT max(run_id) AS r FROM campaign.run_progress) m});
	wait_for_workers($node, 'scheduler', 0, 'the scheduler has looked and left');
}

publish_short('short');
publish_short('other');
my @runs = map { run_and_send('short') } 1 .. 2;
my $late = run_and_send('short');
my $young = run_and_send('other');
my $open = start_run($node, 'other');
wait_for($node, $open, 'succeeded', 'a run whose messages nobody has sent');
sql(q{INSERT INTO campaign.throttle VALUES ('gone per 60000000', 1, '{1}');
	INSERT INTO campaign.soft_bounce VALUES ('email', campaign.address_hash('a'), 1, '2001-01-01')});
my $figures = q{SELECT run_id, activity, targeted, queued, sent FROM campaign.report ORDER BY run_id};
my $before = sql($figures);
my $erased = q{SELECT string_agg(run_id::text, ',' ORDER BY run_id) FROM campaign.run WHERE erased_at IS NOT NULL};
my $populations = 'SELECT count(*) FROM campaign.flow WHERE run_id IN (' . join(',', @runs) . ') AND population IS NOT NULL';

note 'nothing while everything is held';
age(-10, 1, @runs, $open);
sql(q{SELECT campaign_hold_all('audit')});
$node->restart;
run_workers();
is(sql($erased), '', 'nothing is erased while everything is held');

note 'what is old goes by itself, soon after the server has started';
sql(q{SELECT campaign_resume_all()});
age(8, 1, $late);
$node->restart;
wait_until($erased, join(',', @runs), 'messages of old runs are gone');
wait_until($populations, 0, 'their populations too');
is(sql('SELECT count(*) FROM campaign.throttle') . sql('SELECT count(*) FROM campaign.soft_bounce'), '00', 'and counts that count no more');
is(sql($figures), $before, 'figures stay');
is(sql("SELECT count(*) FROM campaign.message WHERE run_id = $open AND status = 'pending'"), 10, 'messages that are to be sent stay');

note 'what becomes old goes when it is';
wait_until($erased, join(',', @runs, $late), 'the launcher has it looked at again in time');
is(sql($figures), $before, 'figures stay');
is(sql("SELECT count(*) FROM campaign.message WHERE run_id = $young"), 10, 'the young one stays');

note 'runs go at last, with their log, in as many rounds as it takes; a sender at work is not disturbed';
sql(qq{INSERT INTO campaign.run (campaign_id, version_id, state, home, epoch, started_by, started_at, ended_at)
	SELECT r.campaign_id, r.version_id, 'missed', r.home, r.epoch, r.started_by, r.started_at - interval '9 days', r.started_at - interval '9 days'
	FROM campaign.run r, generate_series(1, 250) WHERE r.run_id = $young});
sql(q{SET ROLE owner; CREATE TABLE held AS SELECT lease FROM campaign_claim('email', 3)});
age(-10, 2, @runs, $late, $open);
$node->restart;
wait_until('SELECT count(*) FROM campaign.run', 2, 'runs are gone');
is(sql('SELECT count(*) FROM campaign.log WHERE run_id IN (' . join(',', @runs, $late) . ')'), 0, 'with their log');
is(sql("SELECT count(*) FROM campaign.message WHERE run_id = $open"), 10, 'what waits or is with a sender is there');
is(sql(q{SET ROLE owner; SELECT sum(sent) FROM (SELECT DISTINCT lease FROM held) h, campaign_ack(h.lease)}), 3, 'and can be acknowledged');

verify_clean($node, 'nothing is amiss', 'shop');
sound_log($node, 'the log is sound');
$node->stop;
done_testing();
