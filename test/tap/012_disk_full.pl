# If this fails, a full disk leaves a run half done, or it does not go on by
# itself when there is room again.
#
# The database is in a tablespace on a small tmpfs of the server's own, in a
# mount namespace that ends with it.
use strict;
use warnings FATAL => 'all';

use CampaignTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $place = PostgreSQL::Test::Utils::tempdir;
my @namespace = ('unshare', '--user', '--map-current-user', '--keep-caps', '--mount');
plan skip_all => 'mount namespaces are not to be had'
  if system(@namespace, 'mount', '-t', 'tmpfs', 'tmpfs', $place) != 0;

my $node = PostgreSQL::Test::Cluster->new('full');
$node->init;
$node->append_conf('postgresql.conf', "log_line_prefix = '%m [%p] %e %q%a '\nautovacuum = off\n");
system(@namespace, 'sh', '-c',
	"mount -t tmpfs -o size=40m tmpfs $place && mkdir $place/small && exec pg_ctl -w -s -D "
	  . $node->data_dir . ' -l ' . $node->logfile . ' start') == 0
  or die 'the server does not start';
$node->_update_pid(1);

sub sql { return $node->safe_psql('shop', $_[0]) }

$node->safe_psql('postgres', 'CREATE ROLE ann LOGIN');
$node->safe_psql('postgres', "CREATE TABLESPACE small LOCATION '$place/small'");
$node->safe_psql('postgres', 'CREATE DATABASE shop TABLESPACE small');
make_user($node, 'shop');
make_people($node, 20000, 'shop');
make_campaign($node, 'full', database => 'shop', wait => '1 millisecond', body => '<p>{{ repeat(name, 20) }}</p>');
sql('CHECKPOINT');

# Fills the disk until so many pages are left.
sql(q(
CREATE TABLE filler (page text);
CREATE TABLE reserve (page text);
ALTER TABLE filler ALTER page SET STORAGE PLAIN;
ALTER TABLE reserve ALTER page SET STORAGE PLAIN;
INSERT INTO reserve SELECT repeat('x', 7000) FROM generate_series(1, 60)));
my ($status) = $node->psql('shop', q(
DO $$ BEGIN LOOP INSERT INTO filler SELECT repeat('x', 7000) FROM generate_series(1, 16); COMMIT; END LOOP; END $$));
isnt($status, 0, 'the disk is full');
sql('DROP TABLE reserve; CHECKPOINT');

my $run = as_owner($node, q(SELECT campaign_start('full')), 'shop');
$node->poll_query_until('shop', qq(SELECT EXISTS (SELECT FROM campaign.run_progress WHERE run_id = $run AND attempts > 0)))
  or die 'nothing fails';
is(sql("SELECT DISTINCT sqlstate FROM campaign.run_progress WHERE run_id = $run AND attempts > 0"), '53100',
	'an activity finds the disk full, and is tried again');
is(sql("SELECT run_state FROM campaign.run_progress WHERE run_id = $run LIMIT 1") =~ /^(running|waiting)$/ ? 1 : 0, 1,
	'the run has not failed');
is(sql(qq(SELECT count(*) FROM campaign.run_progress p WHERE run_id = $run AND kind = 'email' AND state <> 'succeeded'
	AND EXISTS (SELECT FROM campaign.message m WHERE m.run_id = p.run_id AND m.activity = p.activity))), '0',
	'no activity is half done');

sql('DROP TABLE filler; CHECKPOINT');
is(finish($node, $run, 'shop'), 'succeeded', 'with room again, the run goes on by itself');
is(sql("SELECT sum(targeted) = sum(excluded) + sum(queued), sum(queued) > 10000 FROM campaign.report WHERE run_id = $run"), 't|t',
	'everybody has a message or a reason');
verify_clean($node, 'campaign_verify finds nothing', 'shop');
is(as_owner($node, q(SELECT count(*) = (SELECT sum(queued) FROM campaign.report) FROM campaign_claim('email', 100000)), 'shop'), 't',
	'every message is handed out');
sound_log($node, 'the server was sound');
$node->stop('immediate');
done_testing();
