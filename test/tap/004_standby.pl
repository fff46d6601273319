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
$primary->stop('immediate');
$standby->promote;
wait_until_at($standby, $run, 'all');
open_gate($standby, 1);
wait_for($standby, $run, 'succeeded', 'the run goes on after the promotion');
unlike(log_of($standby), qr/ERROR/, 'nothing was tried before');

note 'without preloading, sessions execute';
$standby->append_conf('postgresql.conf', "shared_preload_libraries = ''\n");
$standby->restart;
my ($result, $output, $errors) = $standby->psql('shop', q{SET ROLE owner; SELECT campaign_start('gated')});
like($errors, qr/NOTICE:  no worker will execute run \d+.*HINT:  CALL campaign_work\(\)/s, 'a start says that nobody will');
$standby->safe_psql('shop', 'CALL campaign_work()', extra_params => [ '-U', 'owner' ]);
wait_for($standby, $output, 'succeeded', 'campaign_work() does');
is($standby->safe_psql('shop', 'SELECT count(*) FROM campaign.executors()'), 0, 'nobody is at work');

done_testing();
