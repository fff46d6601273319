# What TAP tests have in common: a server with the extension and an owner,
# customers, a campaign, and what must hold in every log.
package CampaignTest;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

our @EXPORT = qw(
  start_node make_user as_owner try_as_owner make_people make_campaign finish verify_clean
  children wait_for_child kill_server server_is_back sound_log
);

# A running server with the extension and its user "ann" in database postgres.
# The state of errors is in the log, for sound_log looks at it.
sub start_node
{
	my ($name, $conf) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);

	$node->init;
	$node->append_conf('postgresql.conf', qq(
log_line_prefix = '%m [%p] %e %q%a '
log_statement = none
restart_after_crash = on
) . ($conf // ''));
	$node->start;
	$node->safe_psql('postgres', 'CREATE ROLE ann LOGIN');
	make_user($node, 'postgres');
	return $node;
}

# The extension in that database, and ann may use it.
sub make_user
{
	my ($node, $database) = @_;

	$node->safe_psql($database, q(
CREATE EXTENSION campaign;
GRANT USAGE ON SCHEMA campaign TO ann;
GRANT CREATE ON SCHEMA public TO ann;
));
}

# True once the server takes connections after something in it was killed.  A
# psql that is refused may be gone before it has been told what to ask, which
# would end the test.
sub server_is_back
{
	my ($node) = @_;

	foreach (1 .. 10)
	{
		return 1 if eval { $node->poll_query_until('postgres', 'SELECT true') };
	}
	return 0;
}

# The output of a script run by ann; dies if it fails.
sub as_owner
{
	my ($node, $sql, $database) = @_;

	return $node->safe_psql($database // 'postgres', $sql,
		extra_params => [ '-U', 'ann' ]);
}

# The same without dying: status, output, errors and notices with SQLSTATE.
sub try_as_owner
{
	my ($node, $sql, $database) = @_;

	return $node->psql($database // 'postgres', $sql,
		extra_params => [ '-U', 'ann', '-v', 'VERBOSITY=verbose' ]);
}

# Customers of ann: one in ten has not agreed, one in fifty has no address, and
# mailboxes are shared.
sub make_people
{
	my ($node, $count, $database) = @_;

	as_owner($node, qq(
CREATE TABLE customers (id bigint PRIMARY KEY, name text, email text, opt_in boolean, score int);
INSERT INTO customers
SELECT g, 'N' || g, CASE WHEN g % 50 <> 0 THEN 'u' || g % 9000 || '\@example.com' END, g % 10 <> 3, g % 100
FROM generate_series(1, $count) g;
ANALYZE customers;
SELECT campaign_dimension('customers', addresses => '{"email": "email"}', consent => '{"email": "opt_in"}');
), $database);
}

# audience, split, two mails, a wait after the first, join, end; published.
sub make_campaign
{
	my ($node, $name, %with) = @_;
	my $filter = $with{filter} // 'score < 95';
	my $body = $with{body} // '<p>{{ score }} points</p>';
	my $wait = $with{wait} // '1 second';

	as_owner($node, qq(
SELECT campaign_create('$name', dimension => 'customers');
SELECT campaign_add_audience('$name', 'people', filter => \$\$ $filter \$\$);
SELECT campaign_add_split('$name', 'ab', after => 'people', outcomes => '[{"name": "a", "percent": 50}, {"name": "b"}]');
SELECT campaign_add_email('$name', 'mail_a', after => 'ab.a', subject => 'Hello {{ name }}', body => '$body');
SELECT campaign_add_email('$name', 'mail_b', after => 'ab.b', subject => '{{ name }}, a word', body => '$body');
SELECT campaign_add_wait('$name', 'pause', after => 'mail_a', duration => '$wait');
SELECT campaign_add_join('$name', 'both', after => 'pause, mail_b');
SELECT campaign_add_end('$name', 'done', after => 'both');
SELECT campaign_publish('$name');
), $with{database});
}

# The state of the run once it has come to its end, timers and all.
sub finish
{
	my ($node, $run, $database) = @_;
	my $states = "SELECT state FROM campaign.run WHERE run_id = $run";

	$node->poll_query_until($database // 'postgres',
		"SELECT EXISTS ($states AND state IN ('succeeded', 'failed', 'stopped'))");
	return $node->safe_psql($database // 'postgres', $states);
}

# No run of the database has broken a promise.
sub verify_clean
{
	my ($node, $name, $database) = @_;

	is($node->safe_psql($database // 'postgres', q(
SELECT r.run_id, v.code, v.detail
FROM campaign.run r, campaign_verify(r.run_id) v ORDER BY 1, 2, 3)),
		'', $name);
}

# Processes of the server: [pid, title]; found without asking it.
sub children
{
	my ($node) = @_;
	my $postmaster = $node->{_pid};
	my @found;

	foreach my $dir (glob '/proc/[0-9]*')
	{
		# What ends meanwhile is not there.
		open my $stat, '<', "$dir/stat" or next;
		my $line = <$stat> // next;
		next unless $line =~ /^(\d+) \(.*\) (\S) (\d+)/s;
		my ($pid, $state, $parent) = ($1, $2, $3);
		next if $parent != $postmaster || $state eq 'Z';
		open my $command, '<', "$dir/cmdline" or next;
		push @found, [ $pid, <$command> // '' ];
	}
	return @found;
}

# The process id of a child with such a title; undef if none comes in time.
sub wait_for_child
{
	my ($node, $title, $seconds) = @_;

	foreach (1 .. 200 * ($seconds // 10))
	{
		my @found = grep { $_->[1] =~ $title } children($node);
		return $found[ int(rand(@found)) ]->[0] if @found;
		usleep(5_000);
	}
	return;
}

# Kills the postmaster and starts it again, which works as soon as it and the
# last of its orphans are gone.
sub kill_server
{
	my ($node) = @_;
	my $postmaster = $node->{_pid};

	$node->kill9;
	foreach (1 .. 2000)
	{
		last unless kill 0, $postmaster;
		usleep(5_000);
	}
	foreach (1 .. 600)
	{
		return 1 if $node->start(fail_ok => 1);
		usleep(50_000);
	}
	return 0;
}

# Nothing in the log that must not happen: no PANIC, no internal error.
sub sound_log
{
	my ($node, $name) = @_;
	my @bad = grep { /\] XX\d\d\d |PANIC: |TRAP: |signal 11|signal 6/ }
	  split /\n/, slurp_file($node->logfile);

	is(join("\n", @bad), '', $name);
}

1;
