# The example in README.md does what it says when it is pasted into psql, by a
# superuser and by a role that has nothing but the grant of the install section.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $readme = slurp_file('README.md');
my ($example) = $readme =~ /^<!-- example -->\n```sql\n(.*?)^```\n<!-- \/example -->$/ms;
ok($example, 'README.md has an example') or BAIL_OUT('no example between its markers');

my $node = PostgreSQL::Test::Cluster->new('readme');
$node->init;
$node->start;

# Runs the example in a new database and compares what it leaves behind.
sub run_example
{
	my ($database, $role) = @_;

	my ($status, $out, $err) = $node->psql($database, $example,
		on_error_stop => 1, extra_params => [ '-U', $role, '-A', '-t' ]);
	is($status, 0, "$role: the example runs") or diag($err);
	unlike($err, qr/ERROR|WARNING/, "$role: without a complaint");
	like($out, qr/^spring sale\n.*\bbuyers\b.*\bmail_a\b/ms, "$role: it draws the graph");
	like($out, qr/FROM orders o\s+WHERE o\.customer_id = customers\.id/, "$role: it shows the SQL");
	like($out, qr/^succeeded\n.*^waiting$/ms, "$role: the test succeeds, and the run waits for three days");
	like($out, qr/^anna\@example\.com\|Anna, a word\|<p>Anna, your points: 120<\/p>$/m,
		"$role: a message is rendered");
	like($out, qr/^jm\@example\.com\|Hello Jean & Marie\|<p>Jean &amp; Marie, you have 45 points\.<\/p>$/m,
		"$role: a name is escaped in the body and not in the subject");
	like($out, qr/^\(settled,2,0,0\)$/m, "$role: both are acknowledged");
	is($node->safe_psql($database,
			'SELECT recipient, status, count(*) FROM campaign.message GROUP BY 1, 2 ORDER BY 1, 2', extra_params => [ '-U', $role ]),
		"1|sent|1\n1|test|1\n3|sent|1\n3|test|2", "$role: two messages are sent, and the test had one more");
	is($node->safe_psql($database,
			'SELECT recipient, reason, count(*) FROM campaign.excluded GROUP BY 1, 2 ORDER BY 1', extra_params => [ '-U', $role ]),
		"2|no_consent|2\n4|no_address|2", "$role: two recipients are left out with their reasons, in the test too");
	return;
}

my $superuser = $node->safe_psql('postgres', 'SELECT current_user');
$node->safe_psql('postgres', 'CREATE DATABASE first');
run_example('first', $superuser);

$node->safe_psql('postgres', 'CREATE ROLE marketing LOGIN; CREATE DATABASE second');
$node->safe_psql('second', <<'SQL');
CREATE EXTENSION campaign;
GRANT USAGE ON SCHEMA campaign TO marketing;
CREATE SCHEMA AUTHORIZATION marketing;
SQL
run_example('second', 'marketing');

$node->stop;
done_testing();
