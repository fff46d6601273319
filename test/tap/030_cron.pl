# If this fails, campaigns cannot be started and executed by pg_cron, which is
# how servers without our library preloaded do it.
#
# The pg_cron of Debian 12 knows minutes only, so this waits for the next one.
use strict;
use warnings FATAL => 'all';

use CampaignTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'pg_cron is not installed'
  unless -e (split /\n/, `pg_config --pkglibdir`)[0] . '/pg_cron.so';

my $node = start_node('cron', qq(
shared_preload_libraries = 'pg_cron'
cron.use_background_workers = on
));

make_people($node, 200);
as_owner($node, q(
SELECT campaign_create('c', dimension => 'customers');
SELECT campaign_add_audience('c', 'people');
SELECT campaign_add_email('c', 'mail', after => 'people', subject => 'Hello', body => 'You');
SELECT campaign_publish('c')));
$node->safe_psql('postgres', q(
CREATE EXTENSION pg_cron;
GRANT USAGE ON SCHEMA cron TO ann));
my $run = as_owner($node, q(SELECT campaign_start('c')));
as_owner($node, q(SELECT cron.schedule('work', '* * * * *', 'CALL campaign_work()')));

ok($node->poll_query_until('postgres', "SELECT state = 'succeeded' FROM campaign.run WHERE run_id = $run"),
	'a job of pg_cron executes the run');
is($node->safe_psql('postgres', q(SELECT DISTINCT username FROM cron.job)), 'ann', 'the job is the owner\'s');
verify_clean($node, 'campaign_verify finds nothing');
sound_log($node, 'no PANIC and no internal error in the log');

$node->stop;
done_testing();
