# If this failed, a standby would write, a promoted one would stand still, or a
# server without preloading would leave people without an answer.
use strict;
use warnings;
use lib 'test/tap';
use CampaignServer;
use PostgreSQL::Test::Cluster;
use Test::More;

my $primary = start_server('primary');
publish($primary, 'gated', 'gate(1)');
close_gate($primary, 1);
publish($primary, 'sent', 'id < 8');
my $sent = start_run($primary, 'sent');
wait_for($primary, $sent, 'succeeded', 'a run before');
my $run = start_run($primary, 'gated');
wait_until_at($primary, $run, 'all');

note 'a standby has no workers, and a promoted one goes on';
$primary->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'copy', has_streaming => 1);
$standby->start;
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('write'));
is(workers($standby, 'launcher'), 0, 'a standby has no launcher');
is($standby->safe_psql('shop', 'SELECT count(*) FROM campaign.executors()'), 0, 'and no executor');

note 'what only reads can be asked of a standby';
my @reading = (
	"SELECT campaign_count('customers', 'id > 3')",
	"SELECT activity, state, rows_out FROM campaign.run_progress WHERE run_id = $sent",
	'SELECT * FROM campaign.report',
	'SELECT * FROM campaign.report_by_domain',
	'SELECT * FROM campaign.report_exclusions',
	'SELECT * FROM campaign.flow_counts',
	'SELECT * FROM campaign.queue_status',
	'SELECT run_id, activity, recipient, address, status FROM campaign.message ORDER BY 1, 2, 3',
	"SELECT campaign_graph('sent')",
	"SELECT campaign_graph('sent', 'mermaid', $sent)",
	"SELECT campaign_export('sent')",
	"SELECT code, message FROM campaign_check('sent')",
	"SELECT * FROM campaign_verify($sent)",
	"SELECT * FROM campaign_read_message($sent, 'mail', '3')",
	"SELECT * FROM campaign_preview('sent', 'mail', '3')",
	'SELECT * FROM campaign.audiences');
for my $question (@reading)
{
	is($standby->safe_psql('shop', "SET ROLE owner; $question"), $primary->safe_psql('shop', "SET ROLE owner; $question"), $question);
}
for my $command ("campaign_start('sent')", "campaign_pause($run)", "campaign_create('another', dimension => 'customers')", "campaign_explain('sent')",
	"campaign_claim('email', 10)", "campaign_publish('sent')")
{
	my ($status, $output, $errors) = $standby->psql('shop', "SELECT $command", extra_params => [ '-U', 'owner' ]);
	like($errors, qr/ERROR:  cannot execute [A-Z ]+ in a read-only transaction.*HINT:  This server is a standby\. Connect to the primary/s, "$command is refused");
}
my $before = -s $standby->logfile;
$primary->stop('immediate');
$standby->promote;
wait_until_at($standby, $run, 'all');
open_gate($standby, 1);
wait_for($standby, $run, 'succeeded', 'the run goes on after the promotion');
unlike(log_of($standby, $before), qr/ERROR/, 'nothing was tried before');

note 'without preloading, sessions execute';
$standby->append_conf('postgresql.conf', "shared_preload_libraries = ''\n");
$standby->restart;
my ($result, $output, $errors) = $standby->psql('shop', q{SET ROLE owner; SELECT campaign_start('gated')});
like($errors, qr/NOTICE:  no worker will execute run \d+.*HINT:  CALL campaign_work\(\)/s, 'a start says that nobody will');
$standby->safe_psql('shop', 'CALL campaign_work()', extra_params => [ '-U', 'owner' ]);
wait_for($standby, $output, 'succeeded', 'campaign_work() does');
is($standby->safe_psql('shop', 'SELECT count(*) FROM campaign.executors()'), 0, 'nobody is at work');

done_testing();
