# If this failed, the documentation would say something else than the extension
# does: names, options, settings, moves, columns, or an example that breaks.

use strict;
use warnings;

use File::Copy;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('docs');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION campaign; CREATE ROLE marketing LOGIN');

# ------------------------- what the database knows ------------------------

# Renewing copies of the documents changes nothing, and nothing is left out.
my @documents = glob('docs/*.md');
my $copies = PostgreSQL::Test::Utils::tempdir;
my @copies;
for my $path (@documents)
{
	my ($name) = $path =~ m{([^/]+)$};
	copy($path, "$copies/$name") or BAIL_OUT("could not copy $path");
	push @copies, "$copies/$name";
}
my ($status, $parts) = $node->psql('postgres', slurp_file('test/docs/generate.sql'), on_error_stop => 1);
is($status, 0, 'parts of the documentation are generated');
my ($said, $problems) = ('', '');
my $complete = IPC::Run::run([ $^X, 'test/docs/renew', @copies ], '<', \"$parts\n", '>', \$said, '2>', \$problems);
ok($complete, 'every function, view, type, table, kind and the settings are documented, once') or diag($problems);
is($said, '', 'documents are in step with the database; test/docs/renew writes what they should say');

is($node->safe_psql('postgres', q{
SELECT c.oid::regclass || '.' || a.attname FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'campaign'::regnamespace AND c.relkind IN ('v', 'c')
	AND col_description(c.oid, a.attnum) IS NULL ORDER BY 1}),
	'', 'every column of a view or type has a comment');

# ------------------------------- the moves --------------------------------

sub moves_of_source
{
	my $source = slurp_file('src/store/state.c');
	my @moves;
	push @moves, lc "$1 $2 $3" while $source =~ /\{CAMPAIGN_NOUN_(\w+), "(\w+)", "(\w+)"\}/g;
	return join "\n", sort @moves;
}

sub moves_of_document
{
	my ($noun, @moves) = ('');
	for (split /\n/, slurp_file('docs/states.md'))
	{
		$noun = lc $1 if /^## (\w+)/;
		push @moves, "$noun $1 $2" if /^\| (\w+) \| (\w+) \| / && $1 ne 'from';
	}
	return join "\n", sort @moves;
}

is(moves_of_document(), moves_of_source(), 'docs/states.md has the moves of src/store/state.c');

# ----------------------- codes that the sources raise ---------------------

# The first cells of the rows of a section.
sub codes_of_section
{
	my ($title) = @_;
	my ($section) = slurp_file('docs/reference.md') =~ /^### \Q$title\E\n(.*?)(?=^##)/ms;
	my %codes;
	for (split /\n/, $section)
	{
		next unless /^\| (`.*?) \|/;
		my $cell = $1;
		$codes{$_} = 1 for $cell =~ /`(\w+)`/g;
	}
	return join ' ', sort keys %codes;
}

sub codes_of_sources
{
	my ($pattern, @paths) = @_;
	my %codes;
	for my $path (@paths)
	{
		my $source = slurp_file($path);
		$codes{$1} = 1 while $source =~ /$pattern/gs;
	}
	return join ' ', sort keys %codes;
}

is(codes_of_section('Violations'),
	codes_of_sources(qr/(?:violation_add\(violations,|\t\{)\s*"(\w+)",/, 'src/engine/verify.c', 'src/store/check.c', 'src/queue/check.c'),
	'codes of violations');
is(codes_of_section('Exclusions'),
	codes_of_sources(qr/(?:THEN '|Datum\("|return ")(\w+)['"]/, 'src/activity/delivery_select.c', 'src/activity/ruling.c', map { "src/queue/$_.c" } qw(enqueue content suppression)),
	'reasons of exclusions');
my %problems = map { $_ => 1 } split / /, codes_of_section('Problems');
my $check = join '', map { slurp_file($_) } 'src/engine/check.c', glob('src/activity/*.c');
for my $code (sort keys %problems)
{
	like($check, qr/"$code"/, "problem $code is one that campaign_check finds");
}
is(join(' ', grep { !$problems{$_} } split / /,
	codes_of_sources(qr/(?:"(?:error|warning)",\s*(?:activity|NULL),\s*|ask\(&question, \w+, |campaign_warning\()"(\w+)"/, 'src/engine/check.c', glob('src/activity/*.c'))),
	'', 'and no other is');

# ------------------------------ the examples ------------------------------

# Runs what is marked as sql in a new database, as its owner, who has the one
# grant and is no superuser.
sub run_examples
{
	my ($name, $blocks) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $name OWNER marketing");
	$node->safe_psql($name, 'CREATE EXTENSION campaign; GRANT USAGE ON SCHEMA campaign TO marketing');
	my ($result, $out, $err) = $node->psql($name, $blocks, on_error_stop => 1, extra_params => [ '-U', 'marketing' ]);
	is($result, 0, "examples of docs/$name.md") or diag($err);
	unlike($err, qr/ERROR|WARNING/, '... without a complaint');
	is($node->safe_psql($name, 'SELECT r.run_id, v.* FROM campaign.run r, campaign_verify(r.run_id) v'),
		'', '... and their runs keep their promises');
	return;
}

my $examples = 0;
for my $path (@documents)
{
	my ($name) = $path =~ m{(\w+)\.md$};
	my $text = slurp_file($path);
	my $blocks = join "\n", $text =~ /^```sql\n(.*?)^```$/msg;

	next if $blocks eq '';
	$examples++;
	run_examples($name, $blocks);
}
cmp_ok($examples, '>=', 4, 'documents have examples');

# ------------------------------ what is named -----------------------------

my @missing;
for my $path (@documents)
{
	my $text = slurp_file($path);
	my %anchors;

	# The suites' description also names what there may be.
	push @missing, map { "$path: $_" } grep { !-e $_ } $text =~ m{`((?:test|src|sql|docs)/[\w/.]+)`}g
	  unless $path eq 'docs/testing.md';
	push @missing, map { "$path: $_" } grep { !-e "docs/$_" } $text =~ m{\]\((?!https?:)([\w./]+)(?:#[\w-]+)?\)}g;
	for my $link ($text =~ m{\]\(([\w./]*#[\w-]+)\)}g)
	{
		my ($file, $anchor) = split /#/, $link;
		my $target = $file eq '' ? $path : "docs/$file";
		next unless -e $target;
		unless ($anchors{$target})
		{
			for (slurp_file($target) =~ /^#+ (.*)$/mg)
			{
				my $heading = lc;
				$heading =~ s/[^\w -]//g;
				$heading =~ tr/ /-/;
				$anchors{$target}{$heading} = 1;
			}
		}
		push @missing, "$path: $link" unless $anchors{$target}{$anchor};
	}
}
is(join("\n", @missing), '', 'files and sections that documents refer to are there');

$node->stop;
done_testing();
