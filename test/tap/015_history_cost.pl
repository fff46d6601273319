# If this failed, campaigns would become slow with every run that has ended and
# every campaign that was made: a start, a turn of the scheduler, a run, what
# people look at.
#
# What is counted is rows and blocks read of the extension's tables, before and
# after there is a history; time would say more about the machine.  And rows that
# a run writes into them and into the system's catalogs, of which each costs WAL,
# a dead version, and work of vacuum's.
use strict;
use warnings;
use lib 'test/tap';
use CampaignServer;
use Test::More;

my $node = start_server('cost', "autovacuum = off\n");
my $new = 0;


sub sql { return $node->safe_psql('shop', $_[0]) }

# Rows that a statement of the owner reads, and takes back; what processes beside
# it read would not be counted.
sub rows_read
{
	my ($statement) = @_;
	my $rows = sql(qq{BEGIN; SET LOCAL ROLE owner; SET LOCAL max_parallel_workers_per_gather = 0; SELECT FROM ($statement) x; RESET ROLE;
		SELECT sum(seq_tup_read + idx_tup_fetch) FROM pg_stat_xact_all_tables WHERE schemaname = 'campaign'; ROLLBACK});
	$rows =~ s/\s+//g;
	return $rows;
}

# The same of tables and the system's catalogs in blocks, by a session that has
# asked before: what people look at every second.
sub blocks_watched
{
	my ($statement) = @_;
	my $plan = sql(join ';', 'SET ROLE owner', ($statement) x 7, "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) $statement");
	my ($hit) = $plan =~ /Buffers: shared hit=(\d+)/ or return 0;
	my ($read) = $plan =~ /^\s*Buffers: shared hit=\d+ read=(\d+)/m;
	return $hit + ($read // 0);
}

# Blocks that all processes together have read.
sub blocks
{
	return sql(q{SELECT sum(heap_blks_read + heap_blks_hit + idx_blks_read + idx_blks_hit)
		FROM pg_statio_all_tables WHERE schemaname = 'campaign'});
}

# Blocks read by a whole run: its start, all turns, its tasks.
sub blocks_of_run
{
	my ($campaign) = @_;
	wait_for_workers($node, 'scheduler', 0, 'nobody is there');
	my $before = blocks();
	wait_for($node, start_run($node, $campaign), 'succeeded', "a run of $campaign");
	wait_for_workers($node, 'scheduler', 0, 'all have left');
	return blocks() - $before;
}

# Rows that all processes together have written, by schema and table.
sub written
{
	return map { split /\|/ } split /\n/, sql(q{SELECT schemaname || '.' || relname, n_tup_ins + n_tup_upd + n_tup_del
		FROM pg_stat_all_tables WHERE schemaname IN ('campaign', 'pg_catalog')});
}

# The same of a run, by table.
sub written_by_run
{
	my ($campaign) = @_;
	wait_for_workers($node, 'scheduler', 0, 'nobody is there');
	my %was = written();
	wait_for($node, start_run($node, $campaign), 'succeeded', "a run of $campaign");
	wait_for_workers($node, 'executor', 0, 'its executor has left');
	wait_for_workers($node, 'scheduler', 0, 'all have left');
	my %is = written();
	return map { ($_ => $is{$_} - $was{$_}) } grep { $is{$_} > $was{$_} } keys %is;
}

# What is read, by what reads it.
sub measure
{
	return (
		'campaign_start, first' => rows_read(q{SELECT campaign_start('first')}),
		'campaign_start, again' => rows_read(q{SELECT campaign_start('often')}),
		'campaign_schedule' => rows_read(q{SELECT campaign_schedule('often', '{"frequency": "daily", "at": "09:00", "time_zone": "UTC"}')}),
		'open runs' => rows_read(q{SELECT FROM campaign.open_progress}),
		'campaign_health' => rows_read(q{SELECT * FROM campaign_health()}),
		'campaign_health, watched' => blocks_watched(q{SELECT FROM campaign_health()}),
		'open_progress, watched' => blocks_watched(q{SELECT FROM campaign.open_progress}),
		'open_queue, watched' => blocks_watched(q{SELECT FROM campaign.open_queue}),
		'progress of a run' => rows_read(q{SELECT FROM campaign.run_progress WHERE run_id = 1}),
		'counts of a run' => rows_read(q{SELECT FROM campaign.flow_counts WHERE run_id = 1}),
		'a run' => blocks_of_run('often'),
		'a run of a new campaign' => blocks_of_run('new ' . ++$new),
	);
}

publish($node, $_, "true") foreach "first", "often", map { "new $_" } 1 .. 2;
wait_for($node, start_run($node, 'often'), 'succeeded', 'a first run');
sql(q{SET ROLE owner;
	SELECT campaign_create('waits', dimension => 'customers');
	SELECT campaign_add_audience('waits', 'all');
	SELECT campaign_add_signal('waits', 'goes_on', after => 'all');
	SELECT campaign_publish('waits')});
wait_for($node, start_run($node, 'waits'), 'waiting', 'one that stays open');

note 'what a run writes: five tasks, four populations of keys alone';
sql(q{SET ROLE owner;
	SELECT campaign_create('written', dimension => 'customers');
	SELECT campaign_add_audience('written', 'all');
	SELECT campaign_add_audience('written', 'odd', filter => 'id % 2 = 1', after => 'all');
	SELECT campaign_add_audience('written', 'even', filter => 'id % 2 = 0', after => 'all');
	SELECT campaign_add_combine('written', 'both', operation => 'union', after => 'odd, even');
	SELECT campaign_add_email('written', 'mail', after => 'both', subject => 'Hello', body => 'You');
	SELECT campaign_publish('written')});
written_by_run('written');
my %written = written_by_run('written');
note "$_: $written{$_}" foreach sort keys %written;
my %most = (
	'campaign.campaign' => 1, 'campaign.chunk' => 1, 'campaign.delivery' => 2, 'campaign.flow' => 14,
	'campaign.log' => 12, 'campaign.run' => 3, 'campaign.task' => 15,
	# Of populations, each made and dropped: four of one column.
	'pg_catalog.pg_attribute' => 56, 'pg_catalog.pg_class' => 8, 'pg_catalog.pg_depend' => 24,
	'pg_catalog.pg_shdepend' => 8, 'pg_catalog.pg_statistic' => 8, 'pg_catalog.pg_type' => 16);
cmp_ok($written{$_} // 0, '<=', $most{$_}, "rows written into $_") foreach sort keys %most;
is_deeply([ grep { !defined $most{$_} } sort keys %written ], [], 'and into nothing else');

my %before = measure();

note 'ten thousand campaigns and a hundred thousand runs';
sql(q{
	INSERT INTO campaign.campaign (name, owner, owner_name, dimension, status, settings)
	SELECT 'c' || n, owner, owner_name, dimension, status, settings
	FROM campaign.campaign, generate_series(1, 10000) n WHERE name = 'first'});
sql(q{
	INSERT INTO campaign.run (campaign_id, version_id, state, home, epoch, started_by, started_at, ended_at)
	SELECT CASE WHEN n % 2 = 0 THEN o.campaign_id ELSE c.campaign_id END, o.version_id, 'succeeded', o.home, o.epoch,
		o.started_by, now() - n * interval '1 second', now() - n * interval '1 second'
	FROM generate_series(1, 100000) n
	CROSS JOIN (SELECT r.* FROM campaign.run r JOIN campaign.campaign USING (campaign_id) WHERE name = 'often' LIMIT 1) o
	JOIN campaign.campaign c ON c.name = 'c' || n % 10000 + 1;
	INSERT INTO campaign.task (run_id, activity, position, state, started_at, ended_at, rows_in)
	SELECT r.run_id, t.activity, t.position, t.state, r.started_at, r.ended_at, t.rows_in
	FROM campaign.run r CROSS JOIN (SELECT * FROM campaign.task WHERE run_id = (SELECT min(run_id) FROM campaign.task)) t
	WHERE NOT EXISTS (SELECT FROM campaign.task k WHERE k.run_id = r.run_id);
	INSERT INTO campaign.flow (run_id, source, outcome, rows, dimension)
	SELECT run_id, activity, 'done', 10, 'customers' FROM campaign.task t WHERE activity = 'all'
	AND NOT EXISTS (SELECT FROM campaign.flow f WHERE f.run_id = t.run_id);
	INSERT INTO campaign.delivery (run_id, activity, channel, targeted, queued, drained)
	SELECT run_id, 'mail', 'email', 10, 10, true FROM campaign.run r
	WHERE NOT EXISTS (SELECT FROM campaign.delivery d WHERE d.run_id = r.run_id);
	INSERT INTO campaign.chunk (delivery_id, first_id, last_id, first_recipient, last_recipient, first_block, last_block,
		send_at, due_at, settled, results)
	SELECT delivery_id, delivery_id * 10, delivery_id * 10 + 9, '1', '9', 0, 0, now(), now(), true, 'ssssssssss'
	FROM campaign.delivery WHERE drained;
	INSERT INTO campaign.log (role_name, owner, campaign, run_id, event, old_state, new_state)
	SELECT 'owner', 'owner'::regrole, 'often', run_id, 'move', 'running', 'succeeded' FROM campaign.run});

# As autovacuum would have done.
sql('VACUUM ANALYZE');
my %after = measure();
foreach my $name (sort keys %before)
{
	cmp_ok($after{$name}, '<', 3 * $before{$name} + 100, "$name: $before{$name} before, $after{$name} after");
}
cmp_ok($after{'campaign_health, watched'}, '<', 200, 'what waits for what, in blocks');

$node->stop;
unlike(log_of($node), qr/PANIC|TRAP|XX000|terminated by signal/, 'nothing broke');
done_testing();
