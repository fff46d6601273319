# If this failed, campaign-sender would send twice or not at all, say that
# something was sent that was not, or let data write headers.
use strict;
use warnings FATAL => 'all';
use utf8;

use CampaignTest;
use IPC::Run;
use JSON::PP qw(decode_json);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time usleep);

my $bindir = `pg_config --bindir`;
chomp $bindir;
my $program = ($ENV{CAMPAIGN_STAGE} // '') . "$bindir/campaign-sender";
plan skip_all => 'campaign-sender was not built' unless -x $program;

my $node = start_node('sender');
my %server;

# Starts a server of test/sender in a folder of its own.
sub start_server
{
	my ($name, $script, @arguments) = @_;
	my $folder = PostgreSQL::Test::Utils::tempdir("sender_$name");
	my $process = IPC::Run::start([ 'python3', "test/sender/$script", $folder, @arguments ]);

	usleep(10_000) until -e "$folder/port" || !$process->pumpable;
	$server{$name} = { folder => $folder, process => $process, port => slurp_file("$folder/port") };
	return $server{$name}->{port};
}

# What a server has noted: all, or events of a kind.
sub events
{
	my ($name, $kind) = @_;
	my @lines = split /\n/, slurp_file("$server{$name}->{folder}/events");

	return grep { !$kind || $_->{event} eq $kind } map { decode_json($_) } @lines;
}

# Recipients of the mails a server has taken, in alphabetical order.
sub mailed
{
	return join ' ', sort map { @{ $_->{recipients} } } events($_[0], 'mail');
}

# Waits for a condition.
sub wait_until
{
	my ($condition, $name) = @_;

	foreach (1 .. 3000)
	{
		return pass($name) if $condition->();
		usleep(10_000);
	}
	return fail($name);
}

# A campaign with a mail for each address in the queue.
sub enqueue
{
	my ($name, @addresses) = @_;

	return deliver($name, q(SELECT campaign_add_email(:'name', 'mail', after => 'all', category => 'transactional',
	subject => '{{ title }}', body => E'<p>\\n.\\n{{ title }}</p>\\n');), @addresses);
}

# The same with activities of one's own.
sub deliver
{
	my ($name, $activities, @addresses) = @_;
	my $list = join ', ', map { "'$_'" } @addresses;
	my $run = as_owner($node, qq(
CREATE TABLE $name AS SELECT n AS id, a AS email, 'Zoë “$name” — ' || repeat('größer ', 12) AS title
FROM unnest(ARRAY[$list]) WITH ORDINALITY u(a, n);
ALTER TABLE $name ADD PRIMARY KEY (id);
SELECT campaign_dimension('$name', addresses => '{"email": "email"}');
SELECT campaign_create('$name', dimension => '$name');
SELECT campaign_add_audience('$name', 'all');
\\set name $name
$activities
SELECT campaign_publish('$name');
SELECT campaign_start('$name');));

	$run =~ s/.*\n//s;
	$node->poll_query_until('postgres', "SELECT state = 'succeeded' FROM campaign.run WHERE run_id = $run")
	  or die "$name does not succeed";
	return $run;
}

# "status attempts error" of the messages of a run, counted.
sub statuses
{
	my ($run) = @_;

	return $node->safe_psql('postgres', qq(
SELECT string_agg(format('%s x %s', n, what), E'\\n' ORDER BY what COLLATE "C") FROM (
	SELECT count(*) AS n, concat_ws(' ', split_part(address, '_', 1), status, attempts, error) AS what
	FROM campaign.message WHERE run_id = $run GROUP BY 2) s));
}

# Has what is put off fall due.
sub make_due
{
	$node->safe_psql('postgres', 'UPDATE campaign.chunk SET due_at = now() WHERE NOT settled');
	return;
}

# How to call the program.
sub command
{
	return [ $program, '--dbname', $node->connstr('postgres') . ' user=ann', @_ ];
}

# Runs it to its end: exit status and log.
sub run_sender
{
	my ($out, $log);

	IPC::Run::run(command(@_), '<', \undef, '>', \$out, '2>', \$log, IPC::Run::timeout(120));
	note $log;
	return ($? >> 8, $log);
}

my $plain = start_server('plain', 'mail_server.py');
my @mail = ('--smtp', "smtp://127.0.0.1:$plain", '--starttls', 'no', '--from', 'Müller, Zoë <shop@example.com>');
utf8::encode($_) foreach @mail;

note 'how it is called';
my ($status, $log);
is((run_sender('--help'))[0], 0, '--help');
is((run_sender('--version'))[0], 0, '--version');
is((run_sender(@mail, '--parallel', '0'))[0], 1, 'a number out of range');
is((run_sender('--once'))[0], 1, 'nowhere to send to');
is((run_sender('--smtp', 'smtp://a:b@host', '--from', 'a@b'))[0], 1, 'a password in a URL');
is((run_sender('--smtp', 'smtp://host', '--from', "a\nBcc: c <a\@b>"))[0], 1, 'a sender of two lines');
is((run_sender('--smtp', 'smtp://host', '--from', 'a@b', '--list-unsubscribe', 'https://h/>,<'))[0], 1, 'a URL that ends');
is((run_sender(@mail, '--once', '--lease', '1 minute'))[0], 2, 'a lease too short for the timeout');
is((run_sender(@mail, '--once', '--dbname', 'host=/nowhere'))[0], 2, 'no database');
is((run_sender(@mail, '--once'))[0], 0, 'nothing to do');

note 'a test to somebody who is in no campaign';
my $testing = start_server('testing', 'mail_server.py');
my @test = (@mail, '--smtp', "smtp://127.0.0.1:$testing", '--test', 'good_a@example.org, good_b@example.org');
as_owner($node, q(
CREATE TABLE tested (id int PRIMARY KEY, email text, name text);
INSERT INTO tested VALUES (1, 'one@example.com', 'Anna'), (2, NULL, 'Ben');
SELECT campaign_dimension('tested', addresses => '{"email": "email"}');
SELECT campaign_create('tested', dimension => 'tested');
SELECT campaign_add_audience('tested', 'all');
SELECT campaign_add_email('tested', 'mail', after => 'all', subject => 'Hello {{ name }}', body => '<p>{{ id }}</p>');
));
is((run_sender(@test))[0], 1, 'whose message is not said');
push @test, '--campaign', 'tested', '--activity', 'mail';
is((run_sender(@test, '--key', '9'))[0], 2, 'no such row');
is((run_sender(@test, '--key', '1'))[0], 0, 'a test is sent');
is(mailed('testing'), 'good_a@example.org good_b@example.org', 'to the addresses given');
is(scalar(grep { $_->{content} =~ /^Subject: Hello Anna\r?$/m } events('testing', 'mail')), 2, 'as the row would get it');
like((run_sender(@test, '--key', '2'))[1], qr/no_address/, 'why the row itself would get none');
is((run_sender(@test, '--key', '1', '--test', 'refuse_1@example.org'))[0], 3, 'a test that is refused');
is(as_owner($node, 'SELECT count(*) FROM campaign.message'), '0', 'nothing of it is in the queue');

note 'a mail server that is choosy';
my $run = enqueue('choosy', (map { "good_$_\@example.com" } 1 .. 200),
	map { my $kind = $_; map { "${kind}_$_\@example.com" } 1 .. 2 } qw(refuse reject grey defer cut torn bye));
my @options = (@mail, '--once', '--no-feedback', '--batch', '60', '--parallel', '10', '--reply-to', 'help@example.com',
	'--list-unsubscribe', 'https://example.com/{message_id}?k={idempotency_key}');
($status) = run_sender(@options, '-v');
is($status, 0, 'refusals are no failure of the program');
my $first = statuses($run);
like($first, qr/^200 x good sent 1$/m, 'the good ones have it');
like($first, qr/^2 x refuse failed 1 550 5\.1\.1 "no such user" \\ here$/m, 'a refused recipient is final');
like($first, qr/^2 x reject failed 1 554 5\.7\.1 spam$/m, 'a refused text is final');
like($first, qr/^2 x grey pending 1 451 4\.7\.1 greylisted, come back$/m, 'greylisting is not');
like($first, qr/^2 x defer pending 1 452 4\.2\.2 mailbox full$/m, 'nor a full mailbox');
unlike($first, qr/cut failed/, 'nor a connection that is cut');
like($first, qr/torn pending 1 \S/, 'even at the end of the text');
like($first, qr/^2 x bye sent 1$/m, 'a server tired of a connection delays nobody');
make_due();
is((run_sender(@options))[0], 0, 'again');
is(statuses($run) =~ s/^. x cut sent [12]\n//mgr, join("\n", '2 x bye sent 1', '2 x defer sent 2', '200 x good sent 1',
	'2 x grey sent 2', '2 x refuse failed 1 550 5.1.1 "no such user" \\ here',
	'2 x reject failed 1 554 5.7.1 spam', '2 x torn sent 2'), 'all have come to their end');
is(mailed('plain'), $node->safe_psql('postgres',
	qq(SELECT string_agg(address, ' ' ORDER BY address COLLATE "C") FROM campaign.message WHERE run_id = $run AND status = 'sent')),
	'each of them was mailed once');
my %connections = map { $_->{peer} => 1 } events('plain', 'mail');
cmp_ok(scalar(keys %connections), '<', 80, 'connections are used again');

note 'what a mail looks like';
my ($mail) = grep { $_->{recipients}[0] eq 'good_7@example.com' } events('plain', 'mail');
my $parsed = IPC::Run::run([ 'python3', '-c', q{
import email, email.policy, json, sys
m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
print(json.dumps({'headers': [[k, str(v)] for k, v in m.items()], 'defects': [str(d) for d in m.defects],
	'html': m.get_body(('html',)).get_content(), 'text': (m.get_body(('plain',)) or m.get_body(('html',))).get_content()}))
} ], '<', \do { my $bytes = $mail->{content}; utf8::encode($bytes); $bytes }, '>', \my $json);
my $seen = decode_json($json);
my %header = map { lc $_->[0] => $_->[1] } @{ $seen->{headers} };
my ($id, $key) = split /\|/, as_owner($node, qq(
SELECT message_id, '' FROM campaign.message WHERE run_id = $run AND address = 'good_7\@example.com'));
is($header{from}, '"Müller, Zoë" <shop@example.com>', 'From');
is($header{to}, 'good_7@example.com', 'To');
is($header{'reply-to'}, 'help@example.com', 'Reply-To');
is($header{subject} =~ s/\s+$//r, 'Zoë “choosy” — ' . ('größer ' x 11) . 'größer', 'Subject');
like($header{date}, qr/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]0000$/, 'Date');
like($header{'message-id'}, qr/^<[0-9a-f]{32}\@example\.com>$/, 'Message-ID');
($key) = $header{'message-id'} =~ /<(\w+)/;
is($header{'list-unsubscribe'}, "<https://example.com/$id?k=$key>", 'List-Unsubscribe');
is($header{'list-unsubscribe-post'}, 'List-Unsubscribe=One-Click', 'List-Unsubscribe-Post');
is(scalar(@{ $seen->{headers} }), 11 - 1, 'and MIME-Version and Content-Type');
is_deeply($seen->{defects}, [], 'nothing is wrong with it');
is($seen->{html} =~ s/\r//gr =~ s/\s+<\/p>/<\/p>/r, "<p>\n.\nZoë “choosy” — " . ('größer ' x 11) . "größer</p>\n", 'the text');
cmp_ok((sort { $b <=> $a } map { length } grep { !/^(?:List-Unsubscribe|Content-Type):/ } split /\r\n/, $mail->{content})[0], '<=', 78, 'no line is long');

note 'slow answers: what is not begun in time is claimed anew';
$run = enqueue('slow', map { "slow_$_\@example.com" } 1 .. 7);
my $slow = IPC::Run::start(command(@mail, '--once', '--lease', '17 s', '--timeout', '4', '--parallel', '1'),
	'<', \undef, '2>', \$log);
wait_until(sub { grep { $_->{address} eq 'slow_1@example.com' } events('plain', 'rcpt') }, 'the first is under way');
as_owner($node, "SELECT campaign_suppress('email', 'slow_7\@example.com')");
$slow->finish;
note $log;
is($slow->result || 0, 0, 'it takes longer than the lease');
like(statuses($run), qr/\A6 x slow sent 1\n1 x slow withdrawn/, 'who has gone meanwhile is not written to');
is(scalar(grep { /^slow_\d@/ } split / /, mailed('plain')), 6, 'the others are once');
like($log, qr/settled: 2 sent, 0 failed, 5 to be tried again\n.*settled: 2 sent/s, 'an attempt that was none does not count');

$run = enqueue('stuck', map { "stuck_$_\@example.com" } 1 .. 4);
is((run_sender(@mail, '--once', '--timeout', '1'))[0], 0, 'no answer at all');
like(statuses($run), qr/^4 x stuck pending 1 .*time/, 'is tried again');
make_due();
my $patient = IPC::Run::start(command(@mail, '--grace', '0', '--parallel', '1'), '<', \undef, '2>', \$log);
my $asked = () = events('plain', 'rcpt');
wait_until(sub { (() = events('plain', 'rcpt')) > $asked }, 'a message is under way');
my $ended = time;
$patient->signal('TERM');
$patient->finish;
cmp_ok(time - $ended, '<', 20, 'SIGTERM does not wait for a minute');
is(statuses($run), "3 x stuck pending 1 not tried\n1 x stuck pending 2 stopped while it was being sent",
	'the database knows why, and what was not tried has no attempt more');
as_owner($node, "SELECT campaign_stop($run)");

note 'an acknowledgement that comes to nothing';
my %spoil = (
	late => q(UPDATE campaign.chunk SET leased_until = clock_timestamp() WHERE lease = '%s'),
	'settled before' => q(SELECT campaign_ack('%s')),
	unknown => q(UPDATE campaign.chunk SET lease = gen_random_uuid(), leased_until = clock_timestamp() WHERE lease = '%s'));
foreach my $result (sort keys %spoil)
{
	my $name = $result =~ s/ /_/r;
	$run = enqueue($name, "slow_$name\@example.com");
	my $vain = IPC::Run::start(command(@mail, '--once'), '<', \undef, '2>', \$log);
	wait_until(sub { grep { $_->{address} eq "slow_$name\@example.com" } events('plain', 'rcpt') }, 'a message is under way');
	my $lease = $node->safe_psql('postgres', 'SELECT lease FROM campaign.chunk WHERE leased_until > now() AND NOT settled');
	$node->safe_psql('postgres', sprintf($spoil{$result}, $lease));
	$vain->finish;
	is($vain->result, 4, "$result: a status of its own");
	like($log, qr/lease $lease: $result: 0 sent.*\n.*lease $lease was not acknowledged; what was sent may be sent again$/m, 'and it is said');
	as_owner($node, "SELECT campaign_stop($run)");
}

note 'mailboxes that do not exist';
$run = enqueue('bounce', qw(refuse_b@example.com policy_b@example.com reject_b@example.com good_b@example.com));
($status, $log) = run_sender(@mail, '--once');
is($status, 0, 'they are reported');
like($log, qr/: 1 bounces reported$/m, 'as bounces');
is(statuses($run) =~ s/ 1 .*//mgr, "1 x good sent 1\n1 x policy failed\n1 x refuse failed\n1 x reject failed", 'of those that failed');
is($node->safe_psql('postgres', "SELECT event, messages FROM campaign.event_counts WHERE run_id = $run"), 'bounced|1', 'only one has bounced');
$run = enqueue('again', qw(refuse_b@example.com policy_b@example.com refuse_1@example.com));
run_sender(@mail, '--once', '--no-feedback');
is($node->safe_psql('postgres', "SELECT string_agg(address, ' ') FROM campaign.message WHERE run_id = $run AND status = 'withdrawn'")
	|| $node->safe_psql('postgres', "SELECT count(*) FROM campaign.message WHERE run_id = $run"),
	'2', 'that address is left alone from now on');

note 'news of messages';
my $listening = sub {
	wait_until(sub { $node->safe_psql('postgres', q(
SELECT count(*) FROM pg_stat_activity WHERE usename = 'ann' AND state = 'idle' AND query LIKE '%campaign_claim%')) },
		'a sender waits');
};
my $waiting = IPC::Run::start(command(@mail, '--interval', '86400'), '<', \undef, '2>', \$log);
$listening->();
$run = enqueue('news', 'good_news@example.com');
wait_until(sub { mailed('plain') =~ /good_news/ }, 'it hears of a message');
$waiting->signal('TERM');
$waiting->finish;
$waiting = IPC::Run::start(command(@mail, '--interval', '1'), '<', \undef, '2>', \$log);
$listening->();
$run = enqueue('quiet', 'grey_quiet@example.com');
wait_until(sub { statuses($run) =~ /pending 1/ }, 'one that is put off');
make_due();
wait_until(sub { mailed('plain') =~ /grey_quiet/ }, 'is found without news');
$node->safe_psql('postgres', q(SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'ann' AND query LIKE '%campaign_claim%'));
$run = enqueue('lonely', 'good_lonely@example.com');
wait_until(sub { mailed('plain') =~ /good_lonely/ }, 'a lost connection is made again');
$waiting->signal('TERM');
$waiting->finish;

note 'the server goes away';
start_server('leaving', 'mail_server.py');
$run = enqueue('leaving', map { "slow_leaving_$_\@example.com" } 1 .. 5);
my $left = IPC::Run::start(command(@mail, '--once', '--parallel', '1', '--smtp', "smtp://127.0.0.1:$server{leaving}->{port}"),
	'<', \undef, '2>', \$log);
wait_until(sub { -s "$server{leaving}->{folder}/events" }, 'a message is under way');
delete($server{leaving})->{process}->kill_kill;
$left->finish;
note $log;
is($left->result, 3, 'that is said');
# A connection may still be taken in the instant in which the server ends.
like(statuses($run), qr/\A1 x slow pending 0 [^\n]*[cC]onnect[^\n]*\n[23] x slow pending 0 not tried\n1 x slow pending 1 /,
	'only what was under way has been tried');
as_owner($node, "SELECT campaign_stop($run)");

note 'the server is away';
$run = enqueue('away', map { "away_$_\@example.com" } 1 .. 30);
is((run_sender(@mail, '--once', '--smtp', 'smtp://127.0.0.1:1'))[0], 3, 'nobody listens');
is(statuses($run), '30 x away pending 0', 'that costs no attempt');
is((run_sender(@mail, '--once', '--starttls', 'required'))[0], 3, 'no encryption where it is required');
is(statuses($run), '30 x away pending 0', 'nor does that');

note 'encryption and a password';
my $certificate = PostgreSQL::Test::Utils::tempdir('sender_key');
system_or_bail('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
	'-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost',
	'-keyout', "$certificate/key", '-out', "$certificate/crt");
my $secure = start_server('secure', 'mail_server.py', "$certificate/crt", "$certificate/key");
@options = ('--once', '--smtp', "smtp://localhost:$secure", '--from', 'shop@example.com', '--user', 'mailer');
append_to_file("$certificate/password", "secret\n");
$ENV{CAMPAIGN_SENDER_PASSWORD} = 'wrong';
is((run_sender(@options, '--password-file', "$certificate/password"))[0], 3, 'a certificate that nobody vouches for');
$ENV{CAMPAIGN_SENDER_CA_FILE} = "$certificate/crt";
is((run_sender(@options))[0], 3, 'a wrong password');
is(statuses($run), '30 x away pending 0', 'nothing is lost by that');
is((run_sender(@options, '--password-file', "$certificate/password"))[0], 0, 'the right one');
delete @ENV{qw(CAMPAIGN_SENDER_PASSWORD CAMPAIGN_SENDER_CA_FILE)};
is(statuses($run), '30 x away sent 1', 'and all is sent');
is(scalar(grep { $_->{tls} } events('secure', 'mail')), 30, 'encrypted');

note 'SIGTERM';
foreach my $grace (30, 0)
{
	my $name = "term$grace";
	my @people = map { ($_ % 10 ? 'fine' : 'slow') . "_${grace}_$_\@example.com" } 1 .. 300;
	$run = enqueue($name, @people);
	my $sender = IPC::Run::start(command(@mail, '--batch', '40', '--parallel', '4', '--grace', $grace),
		'<', \undef, '2>', \my $words);
	wait_until(sub { (grep { $_->{address} =~ /_${grace}_/ } events('plain', 'rcpt')) > 60 }, 'it sends');
	my $begun = time;
	$sender->signal('TERM');
	$sender->finish;
	note $words;
	is($sender->result || 0, 0, "it ends in order, with $grace seconds to do so");
	cmp_ok(time - $begun, '<', $grace || 6, 'in time');
	my @mailed = grep { /_${grace}_/ } split / /, mailed('plain');
	my $sent = $node->safe_psql('postgres', qq(
SELECT string_agg(address, ' ' ORDER BY address COLLATE "C") FROM campaign.message WHERE run_id = $run AND status = 'sent'));
	cmp_ok(scalar(@mailed), '<', 300, 'not everybody has a mail');
	if ($grace)
	{
		is(join(' ', @mailed), $sent, 'those who have are known');
	}
	else
	{
		my %mailed = map { $_ => 1 } @mailed;
		is(scalar(grep { !$mailed{$_} } split / /, $sent), 0, 'nobody is said to have one without');
	}
	is($node->safe_psql('postgres', "SELECT count(*) FROM campaign.message WHERE run_id = $run AND status = 'leased'"),
		0, 'nothing is held back');
	is($node->safe_psql('postgres', qq(
SELECT count(*) FROM campaign.message WHERE run_id = $run AND status = 'pending' AND attempts > 0
	AND error <> 'stopped while it was being sent')), 0, 'what was not tried has no attempt more');
	make_due();
	is((run_sender(@mail, '--once', '--parallel', '30'))[0], 0, 'another sender goes on');
	my %count;
	$count{$_}++ foreach grep { /_${grace}_/ } split / /, mailed('plain');
	is(scalar(keys %count), 300, 'everybody has a mail');
	is(scalar(grep { $count{$_} > 1 && ($grace || !/slow/) } keys %count), 0, 'nobody has two')
	  if $grace;
	cmp_ok(scalar(grep { $count{$_} > 1 } keys %count), '<=', 4, 'two at most what was under way')
	  unless $grace;
	is($node->safe_psql('postgres', "SELECT count(*) FROM campaign.message WHERE run_id = $run AND status = 'sent'"),
		300, 'and the database knows');
}

note 'the database goes away while messages are sent';
$run = enqueue('lost', map { "slow_lost_$_\@example.com" } 1 .. 6);
my $sender = IPC::Run::start(command(@mail, '--once', '--parallel', '6'), '<', \undef, '2>', \$log);
wait_until(sub { (grep { $_->{address} =~ /_lost_/ } events('plain', 'rcpt')) == 6 }, 'it sends');
$node->stop('immediate');
$node->start;
$sender->finish;
note $log;
is($sender->result || 0, 0, 'it connects again');
is(statuses($run), '6 x slow sent 1', 'and acknowledges what it has sent');
is(scalar(grep { /lost/ } split / /, mailed('plain')), 6, 'once');

note 'a webhook';
my $web = start_server('web', 'web_server.py');
@options = ('--once', '--webhook', "http://127.0.0.1:$web/hook", '--parallel', '5');
$run = enqueue('hook', (map { "good_$_\@example.com" } 1 .. 100),
	map { "${_}_1\@example.com" } qw(refuse grey busy date cut));
$ENV{CAMPAIGN_SENDER_PASSWORD} = 'token';
is((run_sender(@options))[0], 0, 'it is called');
delete $ENV{CAMPAIGN_SENDER_PASSWORD};
$first = statuses($run);
like($first, qr/^100 x good sent 1$/m, 'the good ones are sent');
like($first, qr/^1 x refuse failed 1 HTTP 422 no "such" user$/m, '422 is final');
like($first, qr/^1 x grey pending 1 HTTP 500 try again$/m, '500 is not');
like($first, qr/^1 x busy pending 1 HTTP 429/m, 'nor 429');
like($first, qr/^1 x date pending 1 HTTP 503/m, 'nor 503');
like($first, qr/^1 x cut (pending|sent) 1/m, 'nor no answer');
is($node->safe_psql('postgres', qq(
SELECT string_agg(split_part(address, '_', 1) || round(extract(epoch FROM send_at - now()) / 60), ' ' ORDER BY address)
FROM campaign.message WHERE run_id = $run AND address ~ '^(busy|date)')), 'busy2 date60', 'Retry-After is obeyed');
make_due();
is((run_sender(@options))[0], 0, 'again');
unlike(statuses($run), qr/pending/, 'all have come to their end');
my %calls;
$calls{ $_->{message}{address} }++ foreach grep { $_->{status} == 200 } events('web');
is(scalar(keys %calls), 104, 'everybody was taken');
is(scalar(grep { $_ != 1 } values %calls), 0, 'once');
my ($call) = grep { $_->{message}{address} eq 'good_9@example.com' } events('web');
is_deeply([ sort keys %{ $call->{message} } ],
	[qw(address attempt attributes body channel idempotency_key message_id subject)], 'what it is told');
is($call->{key}, $call->{message}{idempotency_key}, 'the key is a header as well');
is($call->{authorization}, 'Bearer token', 'the token');
is($call->{type}, 'application/json', 'the type');
is($call->{message}{attributes}{campaign}, 'hook', 'attributes');

note 'channels';
foreach my $channel (['sms', q(campaign_add_sms(:'name', 'm', after => 'all', category => 'transactional', body => 'Hi {{ id }}')), {}],
	['push', q(campaign_add_push(:'name', 'm', after => 'all', category => 'transactional', title => 'T', body => 'Hi {{ id }}',
		url => 'https://example.com/', attributes => '{"badge": "{{ id }}"}')), { url => 'https://example.com/', badge => '1' }],
	['direct_mail', q(campaign_add_direct_mail(:'name', 'm', after => 'all', category => 'transactional', attributes => '{"line": "{{ email }}"}')),
		{ line => 'to_direct_mail' }],
	['custom', q(campaign_add_custom(:'name', 'm', after => 'all', category => 'transactional', attributes => '{"script": "ü {{ id }}"}')),
		{ script => 'ü 1' }])
{
	my ($kind, $call, $attributes) = @$channel;
	deliver("by_$kind", "SELECT " . $call =~ s/\)$/, address => 'email');/r, "to_$kind");
	is((run_sender(@mail, '--once', '--channel', $kind))[0], 2, "$kind is not mailed");
	is((run_sender('--once', '--webhook', "http://127.0.0.1:$web/hook", '--channel', $kind))[0], 0, 'it is posted');
	my ($post) = map { $_->{message} } grep { $_->{message}{address} eq "to_$kind" } events('web');
	is($post->{channel}, $kind, 'with its channel');
	is($post->{subject}, $kind eq 'push' ? 'T' : undef, 'its subject');
	is($post->{body}, $kind =~ /sms|push/ ? 'Hi 1' : undef, 'its body');
	is_deeply($post->{attributes}, { campaign => "by_$kind", activity => 'm', recipient => '1', %$attributes }, 'and all attributes');
}

note 'a plain text, and a URL to unsubscribe by';
foreach my $scheme (qw(https http))
{
	$node->safe_psql('postgres', "ALTER DATABASE postgres SET campaign.tracking_url = '$scheme://t.example.com/c'");
	deliver("by_$scheme", q(SELECT campaign_add_email(:'name', 'mail', after => 'all', category => 'transactional',
	subject => 'x', body => '<p>{{ title }}</p>', text => E'plain {{ id }}\\nwörds');), "both_$scheme\@example.com");
	is((run_sender(@mail, '--once', '--list-unsubscribe', 'https://example.com/'))[0], 0, 'HTML and a plain text');
	($mail) = grep { $_->{recipients}[0] eq "both_$scheme\@example.com" } events('plain', 'mail');
	like($mail->{content}, qr{^Content-Type: multipart/alternative;\s+boundary=.*text/plain; charset=utf-8.*\r\nplain 1\r\nw=C3=B6rds\r\n.*text/html; charset=utf-8}ms,
		'are alternatives');
	is(() = $mail->{content} =~ /^Content-Type: multipart/mg, 1, 'and nothing else');
	like($mail->{content}, qr{^List-Unsubscribe: <$scheme://t\.example\.com/c/unsubscribe\?t=[^<> ]+>\r$}m, 'its own URL');
	is(() = $mail->{content} =~ /^List-Unsubscribe: /mg, 1, 'is the only one');
	is(() = $mail->{content} =~ /^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/mg, $scheme eq 'https' ? 1 : 0, "one click by $scheme");
	my ($token) = $mail->{content} =~ /unsubscribe\?t=([^<> ]+)>/;
	as_owner($node, "SELECT campaign_track('$token')");
	is($node->safe_psql('postgres', "SELECT e.event FROM campaign.event_counts e JOIN campaign.message m USING (run_id)
		WHERE m.address = 'both_$scheme\@example.com'"), 'unsubscribed', 'it works');
}
$node->safe_psql('postgres', 'ALTER DATABASE postgres RESET campaign.tracking_url');

# The acknowledgement that is lost is played by one that waits for another's.
note 'an acknowledgement whose answer is lost';
$node->safe_psql('postgres', q{
CREATE FUNCTION true_ack(uuid, jsonb) RETURNS campaign.acknowledged AS '$libdir/campaign', 'campaign_ack' LANGUAGE C;
CREATE OR REPLACE FUNCTION campaign_ack(lease uuid, failed jsonb DEFAULT NULL)
	RETURNS campaign.acknowledged LANGUAGE sql SECURITY DEFINER AS $$
	SELECT a.* FROM true_ack($1, $2) a
	WHERE 1 / (SELECT count(*) FROM campaign.chunk c WHERE c.lease = $1 AND c.settled) > 0 $$});
$run = enqueue('unheard', 'good_unheard@example.com');
my $unheard = IPC::Run::start(command(@mail, '--once'), '<', \undef, '2>', \$log);
wait_until(sub { $unheard->pump_nb; $log =~ /division by zero/ }, 'it fails');
$node->safe_psql('postgres', q(SELECT true_ack(lease, NULL) FROM campaign.chunk WHERE leased_until > now() AND NOT settled));
$unheard->finish;
note $log;
is($unheard->result || 0, 0, 'being told that it is settled is enough then');
is(statuses($run), '1 x good sent 1', 'which it is');
$node->safe_psql('postgres', q{
CREATE OR REPLACE FUNCTION campaign_ack(lease uuid, failed jsonb DEFAULT NULL)
	RETURNS campaign.acknowledged LANGUAGE sql AS 'SELECT * FROM true_ack($1, $2)'});

# What the queue would not hand out: a claim that adds to what it is given.
note 'data that wants to write headers';
$node->safe_psql('postgres', q{
CREATE FUNCTION true_claim(text, integer, interval) RETURNS SETOF campaign.claimed_message
	AS '$libdir/campaign', 'campaign_claim' LANGUAGE C;
CREATE OR REPLACE FUNCTION campaign_claim(channel text, size integer DEFAULT 1000, lease interval DEFAULT NULL)
	RETURNS SETOF campaign.claimed_message LANGUAGE sql AS $$
	SELECT c.message_id, c.lease, c.idempotency_key, replace(replace(c.address, 'CRLF', E'\r\n'), 'LF', E'\n'),
		replace(c.subject, 'evil', E'evil\r\nBcc: everybody@example.com'),
		c.body, c.attributes, c.attempt FROM true_claim($1, $2, $3) c $$});
my @evil = ('evilCRLFBcc: everybody@example.com', 'evilLF@example.com', 'e@example.com> NOTIFY=NEVER', 'e@example.com>CRLFDATA',
	'<e@example.com', 'a b@example.com', 'a,b@example.com', 'nobody', '@example.com', 'a@', 'a@b@example.com',
	('x' x 400) . '@example.com', "e\x{7f}\@example.com");
my $rcpts = () = events('plain', 'rcpt');
$run = enqueue('injected', @evil);
my $queued = $node->safe_psql('postgres', "SELECT count(*) FROM campaign.message WHERE run_id = $run");
cmp_ok($queued, '>', 3, 'some of them are in the queue');
is((run_sender(@mail, '--once'))[0], 0, 'malformed addresses');
is($node->safe_psql('postgres', "SELECT DISTINCT status || ' ' || error FROM campaign.message WHERE run_id = $run"),
	'failed malformed address', 'are refused for good');
$run = enqueue('evil', 'subject@example.com');
is((run_sender(@mail, '--once'))[0], 0, 'a subject of two lines');
is(statuses($run), '1 x subject@example.com failed 1 malformed subject', 'is refused');
is(scalar(() = events('plain', 'rcpt')), $rcpts, 'no server has heard of any');

verify_clean($node, 'no promise is broken');
sound_log($node, 'nothing in the log that must not be');
foreach my $one (values %server)
{
	$one->{process}->kill_kill;
}
$node->stop;
done_testing();
