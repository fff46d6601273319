# If this fails, a sender that errs, dies or loses its connection loses messages
# or has them sent twice.
#
# Four senders work at one queue and do, in turns, everything that a sender can
# do wrong.  Each writes a journal of what it was handed and what the server has
# confirmed; at the end the tables are held against the journals.
# FAULTY_SEED repeats the choices, FAULTY_FAULTS sets how many faults there are.
use strict;
use warnings FATAL => 'all';

use CampaignTest;
use CampaignWire;
use IO::Handle;
use List::Util qw(max min shuffle);
use POSIX ();
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time usleep);

my $seed = $ENV{FAULTY_SEED} || (time() * 1000 ^ $$) % 1_000_000;
my $faults = $ENV{FAULTY_FAULTS} || 2100;
my $people = 28 * max(1000, $faults);
my $senders = 4;
my $max_attempts = 5;
# Nobody waits for a long lease, nobody misses a short one.
my $long = 60_000;

diag("FAULTY_SEED=$seed");

my $node = start_node('faulty', "campaign.max_attempts = $max_attempts\n");

as_owner($node, qq(
CREATE TABLE customers (id bigint PRIMARY KEY, email text);
INSERT INTO customers SELECT g, 'u' || g || '\@example.com' FROM generate_series(1, $people) g;
ANALYZE customers;
SELECT campaign_dimension('customers', addresses => '{"email": "email"}');
));
# What a test may know and a sender need not: functions of the superuser's.
$node->safe_psql('postgres', q(
CREATE ROLE bob LOGIN;
GRANT USAGE ON SCHEMA campaign TO bob;
CREATE SCHEMA watch;
GRANT USAGE ON SCHEMA watch TO ann, bob;
-- Microseconds, so that nothing is rounded.
CREATE FUNCTION watch.micros(timestamptz) RETURNS bigint LANGUAGE sql
AS 'SELECT (extract(epoch FROM $1) * 1000000)::bigint';
CREATE FUNCTION watch.lease_end(uuid) RETURNS bigint LANGUAGE sql SECURITY DEFINER
AS 'SELECT watch.micros(leased_until) FROM campaign.chunk WHERE lease = $1 LIMIT 1';
CREATE FUNCTION watch.was_leased(uuid) RETURNS boolean LANGUAGE sql SECURITY DEFINER
AS 'SELECT EXISTS (SELECT FROM campaign.chunk WHERE lease = $1)
	OR EXISTS (SELECT FROM campaign.lost_lease WHERE lease = $1)';
CREATE FUNCTION watch.was_lost(uuid) RETURNS boolean LANGUAGE sql SECURITY DEFINER
AS 'SELECT EXISTS (SELECT FROM campaign.lost_lease WHERE lease = $1)';
-- Rows of the queue that this transaction has written.
CREATE FUNCTION watch.written() RETURNS bigint LANGUAGE sql SECURITY DEFINER
AS 'SELECT (SELECT count(*) FROM campaign.chunk WHERE xmin = x.id)
		+ (SELECT count(*) FROM campaign.outcome WHERE xmin = x.id)
		+ (SELECT count(*) FROM campaign.lost_lease WHERE xmin = x.id)
	FROM (SELECT pg_current_xact_id_if_assigned()::xid AS id) x';
-- Senders that have made their faults.
CREATE TABLE watch.ready (sender int);
GRANT SELECT, INSERT ON watch.ready TO ann;
CREATE FUNCTION watch.is_over() RETURNS boolean LANGUAGE sql SECURITY DEFINER
AS 'SELECT NOT EXISTS (SELECT FROM campaign.chunk WHERE NOT settled)';
));
my @runs;
foreach my $name ('spring', 'summer', 'autumn', 'winter')
{
	push @runs, as_owner($node, qq(
SELECT FROM campaign_create('$name', dimension => 'customers');
SELECT FROM campaign_add_audience('$name', 'people');
SELECT FROM campaign_add_email('$name', 'mail', after => 'people', subject => '$name', body => '{{ id }}');
SELECT FROM campaign_publish('$name');
SELECT campaign_start('$name');
)) =~ /(\d+)/;
}
is(finish($node, $_), 'succeeded', "run $_ fills the queue") foreach @runs;

# ------------------------------ the journal -------------------------------

# Columns of an entry; the instants are microseconds.
#   lease      a = before the claim, b = after it and before its COMMIT,
#              c = when the lease ends
#   handed     message, word = key, number = attempt
#   given      the sender gave the messages to the provider
#   extended   c = when the lease ends
#   released   a = before the release
#   settled    a = before the acknowledgement, b = after its commit
#   failed     message, word = permanent or temporary, number = delay
#   suppressed word = address, a = before, b = after the commit
#   paused     number = run, a = after the pause, b = before the resumption
#   fault      word = which
#   wrong      word = what the queue should not have done
my @columns = qw(lease message word number a b c);
my $journal;

sub note_down
{
	my ($entry, %values) = @_;

	print $journal join("\t", $entry, map { $_ // '' } @values{@columns}), "\n";
}

sub wrong
{
	my ($what) = @_;

	note_down('wrong', word => $what =~ s/\s+/ /gr);
}

# Microseconds since 1970.
sub now
{
	return int(time() * 1_000_000);
}

# ------------------------------- the sender -------------------------------

# The sender's connection, one for all that goes on beside it, and a stranger's.
my ($wire, $second, $stranger);

sub connect_as
{
	my ($role) = @_;

	return CampaignWire->new($node, $role) // die "no connection for $role";
}

# Rows of the last statement; what fails here must not.
sub rows
{
	my ($connection, $sql) = @_;
	my $answer = $connection->ask($sql) // die "no answer to $sql";

	die "$answer->{message}, for $sql" if $answer->{error};
	return $answer->{sets}[-1] // [];
}

sub value
{
	my ($connection, $sql) = @_;

	return rows($connection, $sql)->[0][0];
}

# Asks until it is true; false if it never is.
sub wait_until
{
	my ($sql, $tries) = @_;

	foreach (1 .. $tries // 5000)
	{
		return 1 if value($second, "SELECT $sql") eq 't';
		usleep(1_000);
	}
	return 0;
}

sub one_of
{
	return $_[ int(rand(@_)) ];
}

# Mostly small ones: many faults, few messages.
sub claim_size
{
	my $dice = rand();

	return $dice < 0.42 ? 1 : $dice < 0.87 ? 7 : $dice < 0.99 ? 100 : one_of(999, 1000, 2500);
}

# Claims and does not commit yet; undef if there was nothing.
sub begin_claim
{
	my ($connection, $size, $duration) = @_;
	my %claim = (began => now());
	my $rows = rows($connection, qq(BEGIN;
SELECT lease, message_id, idempotency_key, attempt
FROM campaign_claim('email', $size, '$duration milliseconds')));

	return unless @$rows;
	wrong("a claim of $size gave " . @$rows) if @$rows > $size;
	@claim{qw(answered lease rows)} = (now(), $rows->[0][0], $rows);
	wrong('a claim gave several leases') if grep { $_->[0] ne $claim{lease} } @$rows;
	$claim{end} = value($connection, "SELECT watch.lease_end('$claim{lease}')");
	return \%claim;
}

# The claim has been committed, as far as is known.
sub note_claim
{
	my ($claim) = @_;

	note_down('lease', lease => $claim->{lease}, a => $claim->{began},
		b => $claim->{answered}, c => $claim->{end});
	note_down('handed', lease => $claim->{lease}, message => $_->[1], word => $_->[2], number => $_->[3])
	  foreach @{ $claim->{rows} };
}

sub claim_messages
{
	my ($connection, $size, $duration) = @_;
	my $claim = begin_claim($connection, $size, $duration);

	rows($connection, 'COMMIT');
	note_claim($claim) if $claim;
	return $claim;
}

# Gives the messages to the provider.
sub give
{
	my ($claim) = @_;

	note_down('given', lease => $claim->{lease});
}

# Neighbours that failed, some of them for good.
sub some_failures
{
	my ($claim) = @_;
	my $rows = $claim->{rows};
	my $first = int(rand(@$rows));
	my $last = min($#$rows, $first + int(rand(20)));

	return [ map { { message => $_->[1], attempt => $_->[3], permanent => rand() < 0.3,
				delay => one_of(0, 0, 0, 30) } } @$rows[ $first .. $last ] ];
}

# As the parameter of campaign_ack.
sub failed_json
{
	my ($failures) = @_;
	my @elements = map {
		my $rest = $_->{permanent} ? '"permanent": true' : qq("delay": "$_->{delay} milliseconds");
		qq({"message_id": $_->{message}, "reason": "said so", $rest})
	} @{ $failures // [] };

	return @elements ? "'[" . join(', ', @elements) . "]'" : 'NULL';
}

sub ack_statement
{
	my ($lease, $failures) = @_;
	my $json = failed_json($failures);

	return qq(SELECT result, sent, failed, retried,
	CASE result WHEN 'settled' THEN 0 ELSE watch.written() END, watch.micros(clock_timestamp())
FROM campaign_ack('$lease', $json));
}

# Judges an answer that changed nothing.
sub expect_nothing
{
	my ($row, @expected) = @_;
	my ($result, $sent, $failed, $retried, $written) = @$row;

	wrong("an acknowledgement that should be @expected is $result")
	  unless grep { $_ eq $result } @expected;
	wrong("$result, but $sent sent, $failed failed, $retried retried, $written rows written")
	  if $sent || $failed || $retried || $written;
}

# What an acknowledgement that took effect means; the counts are the journal's.
sub note_settled
{
	my ($claim, $failures, $began, $row) = @_;
	my $final = grep { $_->{permanent} || $_->{attempt} >= $max_attempts } @$failures;
	my $expected = join ' ', @{ $claim->{rows} } - @$failures, $final, @$failures - $final;

	wrong("sent, failed and retried are @$row[1 .. 3] and not $expected")
	  if $row && "@$row[1 .. 3]" ne $expected;
	note_down('settled', lease => $claim->{lease}, a => $began, b => now());
	note_down('failed', lease => $claim->{lease}, message => $_->{message},
		word => $_->{permanent} ? 'permanent' : 'temporary', number => 1000 * $_->{delay})
	  foreach @$failures;
}

# Judges the answer to a lease that nobody else had a right to.
sub take_answer
{
	my ($claim, $failures, $began, $row) = @_;

	return note_settled($claim, $failures, $began, $row) if $row->[0] eq 'settled';
	expect_nothing($row, 'late');
	wrong('an acknowledgement is late before the lease has ended') if $row->[5] < $claim->{end};
}

sub settle
{
	my ($claim, $failures) = @_;
	my $began = now();

	$failures //= [];
	take_answer($claim, $failures, $began,
		rows($wire, ack_statement($claim->{lease}, $failures))->[0]);
}

sub release
{
	my ($claim) = @_;
	my $began = now();
	my $count = value($wire, "SELECT campaign_release('$claim->{lease}')");

	note_down('released', lease => $claim->{lease}, a => $began) if $count;
	wrong("$count were released, of " . @{ $claim->{rows} })
	  if $count != @{ $claim->{rows} } && ($count || now() < $claim->{end});
}

# False if the lease had ended before.
sub extend
{
	my ($claim, $duration) = @_;
	my $rows = rows($wire, qq(BEGIN;
SELECT campaign_extend('$claim->{lease}', '$duration milliseconds'), watch.micros(clock_timestamp())));
	my ($count, $at) = @{ $rows->[0] };

	if ($count)
	{
		wrong("$count were extended, of " . @{ $claim->{rows} }) if $count != @{ $claim->{rows} };
		$claim->{first_end} = $claim->{end};
		$claim->{end} = value($wire, "SELECT watch.lease_end('$claim->{lease}')");
		note_down('extended', lease => $claim->{lease}, c => $claim->{end});
	}
	else
	{
		wrong('a lease cannot be extended before it has ended') if $at < $claim->{end};
	}
	rows($wire, 'COMMIT');
	return $count;
}

# Sends COMMIT and does not hear the answer: the line is cut, within the message
# or after it, or the backend is told to go.  True if COMMIT cannot have arrived.
sub cut_at_commit
{
	my $commit = CampaignWire::query_message('COMMIT');
	my $pid = $wire->pid;
	my $mode = one_of('within', 'after', 'killed first', 'killed meanwhile', 'killed after');
	my $terminate = "SELECT pg_terminate_backend($pid)";

	rows($second, $terminate) if $mode eq 'killed first';
	$second->send_query($terminate) if $mode eq 'killed meanwhile';
	$wire->write_bytes($mode eq 'within' ? substr($commit, 0, int(rand(length $commit))) : $commit);
	rows($second, $terminate) if $mode eq 'killed after';
	$second->read_answer if $mode eq 'killed meanwhile';
	$wire->cut;
	wait_until("NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $pid)")
	  or wrong('a backend does not go');
	$wire = connect_as('ann');
	return $mode eq 'within';
}

# -------------------------------- the faults ------------------------------

# Each gets a claim under a lease of so many milliseconds and sees it through.
my %fault = (
	'dies before sending' => [ 200, sub { } ],
	'dies after sending' => [ 200, sub { give($_[0]) } ],
	'acknowledges twice' => [ $long, \&ack_twice ],
	'acknowledges after the end' => [ 1, \&ack_after_end ],
	'acknowledges after another claim' => [ 1, \&ack_after_claim ],
	'names a wrong lease' => [ $long, \&name_wrong_lease ],
	'names failures' => [ $long, sub { give($_[0]); settle($_[0], some_failures($_[0])) } ],
	'names foreign messages' => [ $long, \&name_foreign ],
	'releases' => [ $long, \&release_twice ],
	'extends' => [ 20, \&extend_and_wait ],
	'rolls back' => [ $long, \&roll_back ],
	'is cut while acknowledging' => [ $long, \&cut_acknowledgement ],
	'suppresses meanwhile' => [ $long, \&suppress_meanwhile ],
	'pauses meanwhile' => [ $long, \&pause_meanwhile ],
	'asks two things at once' => [ 10, \&race ],
	'is cut while claiming' => [ $long, \&cut_claim ],
);

sub ack_twice
{
	my ($claim) = @_;

	give($claim);
	settle($claim, rand() < 0.5 ? some_failures($claim) : []);
	expect_nothing(rows($_, ack_statement($claim->{lease}, one_of([], some_failures($claim))))->[0],
		'settled before') foreach $wire, $second;
}

sub wait_for_end
{
	my ($end) = @_;

	wait_until("watch.micros(clock_timestamp()) >= $end") or wrong('time does not pass');
}

sub ack_after_end
{
	my ($claim) = @_;

	give($claim);
	wait_for_end($claim->{end});
	expect_nothing(rows($wire, ack_statement($claim->{lease}, one_of([], some_failures($claim))))->[0], 'late');
}

# The other claim is a part, another size, or somebody else's.
sub ack_after_claim
{
	my ($claim) = @_;
	my @others;

	give($claim);
	wait_for_end($claim->{end});
	foreach (1 .. 20)
	{
		last if value($second, "SELECT watch.was_lost('$claim->{lease}')") eq 't';
		my $other = claim_messages($second, one_of(1, 7), $long);
		push @others, $other if $other;
	}
	expect_nothing(rows($wire, ack_statement($claim->{lease}))->[0], 'late');
	wrong('a late lease was released') if value($wire, "SELECT campaign_release('$claim->{lease}')");
	wrong('a late lease was extended') if value($wire, "SELECT campaign_extend('$claim->{lease}', '1 hour')");
	foreach my $other (@others)
	{
		give($other);
		settle($other);
	}
}

# A lease that never was, and a good one in the wrong hands.
sub name_wrong_lease
{
	my ($claim) = @_;
	my $random = value($wire, 'SELECT gen_random_uuid()');

	expect_nothing(rows($wire, ack_statement($random, []))->[0], 'unknown');
	expect_nothing(rows($stranger, ack_statement($claim->{lease}, some_failures($claim)))->[0], 'unknown');
	foreach my $call ("campaign_release('$claim->{lease}')", "campaign_extend('$claim->{lease}', '1 ms')")
	{
		wrong("a stranger could $call") if value($stranger, "SELECT $call");
	}
	wrong('a stranger was handed messages') if @{ rows($stranger, q(SELECT lease FROM campaign_claim('email', 10))) };
	give($claim);
	settle($claim);
}

# Messages of another lease, of none, and the same one twice.
sub name_foreign
{
	my ($claim) = @_;
	my $other = claim_messages($second, 1, $long);
	my $own = $claim->{rows}[0][1];
	my @ids = ($own, $own);

	@ids = ($own, one_of(1, -1, $own + (1 << 40), $other ? $other->{rows}[0][1] : 2)) if rand() < 0.7;
	my $answer = $wire->ask(ack_statement($claim->{lease}, [ map { { message => $_, delay => 0 } } shuffle(@ids) ]));
	wrong("naming @ids: " . ($answer->{error} // 'no error')) if ($answer->{error} // '') ne '22023';
	give($claim);
	settle($claim, some_failures($claim));
	release($other) if $other;
}

sub release_twice
{
	my ($claim) = @_;

	release($claim);
	wrong('released twice') if value($wire, "SELECT campaign_release('$claim->{lease}')");
	wrong('extended after the release') if value($wire, "SELECT campaign_extend('$claim->{lease}', '1 hour')");
	expect_nothing(rows($wire, ack_statement($claim->{lease}))->[0], 'late');
}

# Others try to get it once its first end has passed.
sub extend_and_wait
{
	my ($claim) = @_;

	return unless extend($claim, $long);
	wait_for_end($claim->{first_end});
	my $other = claim_messages($second, 7, $long);
	give($claim);
	settle($claim);
	release($other) if $other;
}

# What was rolled back has not happened.
sub roll_back
{
	my ($claim) = @_;

	rows($wire, 'BEGIN');
	rows($wire, one_of(ack_statement($claim->{lease}, some_failures($claim)),
		"SELECT campaign_release('$claim->{lease}')",
		"SELECT campaign_extend('$claim->{lease}', '1 ms')"));
	rows($wire, 'ROLLBACK');
	begin_claim($wire, claim_size(), $long);
	rows($wire, 'ROLLBACK');
	give($claim);
	settle($claim);
}

# It acknowledges again and learns what became of the first time.
sub cut_acknowledgement
{
	my ($claim) = @_;
	my $failures = one_of([], some_failures($claim));
	my $began = now();

	give($claim);
	my $first = rows($wire, 'BEGIN; ' . ack_statement($claim->{lease}, $failures))->[0];
	my $undone = cut_at_commit();
	my $again = rows($wire, ack_statement($claim->{lease}, $failures))->[0];

	if ($again->[0] eq 'settled before')
	{
		wrong('an acknowledgement without COMMIT was committed') if $undone;
		note_settled($claim, $failures, $began, $first);
		return;
	}
	take_answer($claim, $failures, $began, $again);
}

# A sender does not send what it does not know to be its own.  What it can do is
# to ask; if it does not, the messages come back.
sub cut_claim
{
	my $duration = one_of(200, $long);
	my $claim = begin_claim($wire, claim_size(), $duration);

	return rows($wire, 'COMMIT') unless $claim;
	my $undone = cut_at_commit();
	my $committed = value($second, "SELECT watch.was_leased('$claim->{lease}')") eq 't';

	wrong('a claim without COMMIT was committed') if $undone && $committed;
	if (!$committed)
	{
		expect_nothing(rows($wire, ack_statement($claim->{lease}))->[0], 'unknown');
		return;
	}
	note_claim($claim);
	return if $duration != $long;
	return release($claim) if rand() < 0.5;
	if (extend($claim, $long))
	{
		give($claim);
		settle($claim);
	}
}

# One that is to be tried again, and one that may be waiting or elsewhere.
sub suppress_meanwhile
{
	my ($claim) = @_;
	my $row = one_of(@{ $claim->{rows} });
	my $other = 1 + int(rand($people));

	give($claim);
	foreach my $address ("u$other\@example.com",
		value($second, "SELECT address FROM campaign.message WHERE message_id = $row->[1]"))
	{
		my $began = now();

		value($second, "SELECT campaign_suppress('email', '$address')");
		note_down('suppressed', word => $address, a => $began, b => now());
	}
	settle($claim, [ { message => $row->[1], attempt => $row->[3], delay => 0 } ]);
}

# Only one sender does, so that it knows for how long.
sub pause_meanwhile
{
	my ($claim) = @_;
	my $run = one_of(@runs);

	rows($second, "SELECT campaign_pause($run)");
	my $paused = now();
	my $other = claim_messages($second, claim_size(), $long);
	give($claim);
	settle($claim, some_failures($claim));
	release($other) if $other;
	note_down('paused', number => $run, a => $paused, b => now());
	rows($second, "SELECT campaign_resume($run)");
}

# Two calls at the same time, near the end of the lease or far from it.
sub race
{
	my ($claim) = @_;
	my ($lease, $count) = ($claim->{lease}, scalar @{ $claim->{rows} });
	my $kind = one_of('ack', 'release', 'claim');
	give($claim);
	if ($kind eq 'claim')
	{
		# Sent blindly, so that the two meet wherever they do.
		my $began = now();
		$wire->send_query(ack_statement($lease));
		my $other = claim_messages($second, claim_size(), $long);
		take_answer($claim, [], $began, $wire->read_answer->{sets}[0][0]);
		release($other) if $other;
		return;
	}
	return unless extend($claim, $long);
	my $began = now();
	$wire->send_query(ack_statement($lease));
	$second->send_query($kind eq 'ack' ? ack_statement($lease) : "SELECT campaign_release('$lease')");
	my ($first, $other) = map { $_->read_answer->{sets}[0][0] } $wire, $second;
	if ($first->[0] eq 'settled')
	{
		note_settled($claim, [], $began, $first);
		wrong('released what was acknowledged') if $kind eq 'release' && $other->[0];
		expect_nothing($other, 'settled before') if $kind eq 'ack';
	}
	elsif ($kind eq 'ack')
	{
		note_settled($claim, [], $began, $other);
		wrong("two acknowledgements, $first->[0] and $other->[0]") if $other->[0] ne 'settled';
		expect_nothing($first, 'settled before');
	}
	else
	{
		expect_nothing($first, 'late');
		wrong("released $other->[0] of $count") if $other->[0] != $count;
		note_down('released', lease => $lease, a => $began);
	}
}

# One turn; false if there was nothing to do wrong.
sub err
{
	my ($what) = @_;
	my ($duration, $action) = @{ $fault{$what} };
	my $claim;

	if ($what ne 'is cut while claiming')
	{
		$claim = claim_messages($wire, claim_size(), $duration) or return 0;
	}
	$action->($claim);
	# A connection does not survive its sender.
	if ($what =~ /^dies/)
	{
		$wire->cut;
		$wire = connect_as('ann');
	}
	note_down('fault', word => $what);
	return 1;
}

# As many faults as it has to make, every sort of them; then the rest in order.
sub send_messages
{
	my ($number) = @_;
	my @kinds = grep { $number == 1 || $_ ne 'pauses meanwhile' } sort keys %fault;
	my $made = 0;

	$wire = connect_as('ann');
	$second = connect_as('ann');
	$stranger = connect_as('bob');
	while ($made < $faults / $senders && value($second, 'SELECT watch.is_over()') eq 'f')
	{
		err(one_of(@kinds)) ? $made++ : usleep(2_000);
	}
	# Whoever is fast leaves the others enough to make theirs.
	rows($second, "INSERT INTO watch.ready VALUES ($number) RETURNING sender");
	usleep(10_000) while value($second, 'SELECT count(*) FROM watch.ready') < $senders
		&& value($second, 'SELECT watch.is_over()') eq 'f';
	while (value($second, 'SELECT watch.is_over()') eq 'f')
	{
		my $claim = claim_messages($wire, 2500, $long) or usleep(10_000) && next;
		give($claim);
		settle($claim);
	}
}

my @children;
foreach my $number (1 .. $senders)
{
	my $file = PostgreSQL::Test::Utils::tempdir . "/journal$number";
	my $pid = fork();

	die "fork: $!" unless defined $pid;
	if ($pid == 0)
	{
		srand($seed + $number);
		# Whoever runs the tests waits for all who could still write.
		open STDOUT, '>', '/dev/null';
		open STDERR, '>', '/dev/null';
		open $journal, '>', $file or POSIX::_exit(1);
		eval { send_messages($number); 1 } or wrong($@);
		close $journal;
		POSIX::_exit(0);
	}
	push @children, { pid => $pid, file => $file };
}
foreach my $child (@children)
{
	waitpid $child->{pid}, 0;
	is($?, 0, 'a sender ends in order');
}

# ------------------------------ the comparison ----------------------------

$node->safe_psql('postgres', q(
CREATE TABLE journal (entry text, lease uuid, message bigint, word text, number bigint, a bigint, b bigint, c bigint)));
$node->safe_psql('postgres', "COPY journal FROM '$_->{file}' (NULL '')") foreach @children;
$node->safe_psql('postgres', qq(
ANALYZE journal;
-- What became of leases and when their messages were free again.
CREATE TABLE leases AS
SELECT l.lease, l.a AS began, l.b AS answered,
	s.a AS settled_at, r.a AS released_at, s.lease IS NOT NULL AS settled, r.lease IS NOT NULL AS released,
	g.lease IS NOT NULL AS given, coalesce(x.c, l.c) AS ends
FROM journal l
LEFT JOIN (SELECT lease, min(a) AS a FROM journal WHERE entry = 'settled' GROUP BY 1) s USING (lease)
LEFT JOIN (SELECT lease, min(a) AS a FROM journal WHERE entry = 'released' GROUP BY 1) r USING (lease)
LEFT JOIN (SELECT DISTINCT lease FROM journal WHERE entry = 'given') g USING (lease)
LEFT JOIN (SELECT lease, max(c) AS c FROM journal WHERE entry = 'extended' GROUP BY 1) x USING (lease)
WHERE l.entry = 'lease';
-- Every message that was handed over, under which lease, and with what result.
CREATE TABLE handed AS
SELECT h.message, h.lease, h.word AS key, h.number AS attempt,
	l.began, l.answered, l.released, l.given,
	CASE WHEN NOT l.settled THEN NULL
		WHEN f.word IS NULL THEN 'sent'
		WHEN f.word = 'permanent' OR h.number >= $max_attempts THEN 'failed'
		ELSE 'retried' END AS fate,
	CASE WHEN l.settled THEN l.settled_at + coalesce(f.number, 0)
		WHEN l.released THEN l.released_at
		ELSE l.ends END AS free_at
FROM journal h JOIN leases l USING (lease)
LEFT JOIN journal f ON f.entry = 'failed' AND f.lease = h.lease AND f.message = h.message
WHERE h.entry = 'handed';
CREATE TABLE ends AS SELECT * FROM handed WHERE fate IN ('sent', 'failed');
CREATE TABLE messages AS SELECT * FROM campaign.message;
-- Each time a message was handed over beside the time before.  A claim that takes
-- a row does so after the commit of the one before, so answers come in that order; the
-- instant a claim began does not: what another has taken over and left is free.
CREATE TABLE repeats AS
SELECT *, row_number() OVER w > 1 AS again, lag(free_at) OVER w AS previous_free_at,
	lag(lease) OVER w AS previous_lease,
	count(*) FILTER (WHERE NOT released) OVER w - CASE WHEN released THEN 0 ELSE 1 END AS earlier
FROM handed WINDOW w AS (PARTITION BY message ORDER BY answered ROWS UNBOUNDED PRECEDING);
ANALYZE;
));

# Nothing is given by that query; the first rows if there is something.
sub none
{
	my ($name, $sql) = @_;

	is($node->safe_psql('postgres', "$sql LIMIT 5"), '', $name);
}

cmp_ok($node->safe_psql('postgres', q(SELECT count(*) FROM journal WHERE entry = 'fault')),
	'>=', $faults, "at least $faults faults were made");
is($node->safe_psql('postgres', q(SELECT count(DISTINCT word) FROM journal WHERE entry = 'fault')),
	scalar keys %fault, 'faults of every sort');
none('the queue gave no answer that it should not',
	q(SELECT word, count(*) FROM journal WHERE entry = 'wrong' GROUP BY 1 ORDER BY 2 DESC));
is($node->safe_psql('postgres', 'SELECT count(*) FROM messages'),
	@runs * $people, 'every message is there');
none('every message has come to an end',
	q(SELECT message_id, status FROM messages WHERE status NOT IN ('sent', 'failed', 'withdrawn')));
none('messages have come to the end that the journals say, and the others were suppressed',
	q(SELECT m.message_id, m.status, e.fate, s.word IS NOT NULL AS suppressed
FROM messages m LEFT JOIN ends e ON e.message = m.message_id
LEFT JOIN (SELECT DISTINCT word FROM journal WHERE entry = 'suppressed') s ON s.word = m.address
WHERE m.status <> coalesce(e.fate, CASE WHEN s.word IS NOT NULL THEN 'withdrawn' ELSE '' END)));
none('no message was settled by two leases',
	'SELECT message, count(*) FROM ends GROUP BY 1 HAVING count(*) > 1');
none('what was settled is never handed over again',
	'SELECT h.message FROM handed h JOIN ends e USING (message) WHERE h.answered > e.answered');
none('what was sent according to the queue was given to the provider',
	q(SELECT message FROM ends WHERE fate = 'sent' AND NOT given));
none('two leases never hold a message at once: a repeat comes after the end of the lease before',
	q(SELECT r.message, r.lease, r.answered, to_jsonb(p)
FROM repeats r JOIN leases p ON p.lease = r.previous_lease
WHERE r.answered < r.previous_free_at));
none('an attempt is counted when it was not released',
	'SELECT message, attempt, earlier FROM repeats WHERE attempt <> earlier + 1');
none('a message has one key however often it is handed over',
	'SELECT message FROM handed GROUP BY 1 HAVING count(DISTINCT key) > 1');
none('no key belongs to two messages',
	'SELECT key FROM handed GROUP BY 1 HAVING count(DISTINCT message) > 1');
none('nothing is handed over by a claim that began after the suppression',
	q(SELECT h.message FROM handed h JOIN messages m ON m.message_id = h.message
JOIN journal s ON s.entry = 'suppressed' AND s.word = m.address WHERE h.began > s.b));
none('nothing is handed over while its run is paused',
	q(SELECT h.message FROM handed h JOIN messages m ON m.message_id = h.message
JOIN journal p ON p.entry = 'paused' AND p.number = m.run_id WHERE h.began > p.a AND h.answered < p.b));
verify_clean($node, 'campaign_verify finds nothing');
sound_log($node, 'no PANIC and no internal error in the log');
diag($node->safe_psql('postgres', q(
SELECT count(*) || ' ' || word FROM journal WHERE entry = 'fault' GROUP BY word ORDER BY word)));
diag($node->safe_psql('postgres', q(
SELECT (SELECT count(*) FROM leases) || ' leases, ' || count(*) || ' messages handed over, '
	|| count(*) FILTER (WHERE again) || ' of them again; ended '
	|| (SELECT string_agg(n || ' ' || status, ', ') FROM (SELECT status, count(*) AS n FROM messages GROUP BY 1) x)
FROM repeats)));

$node->stop;
done_testing();
