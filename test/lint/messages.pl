# messages: each error has an SQLSTATE; primary messages start lower case and
# have no full stop; details and hints end with one.
use strict;
use warnings;
use lib 'test/lint';
use Tree;

# Texts that macros stand for; a macro from elsewhere is taken for a value.
my %macro;
for my $path (c_files())
{
	my $text = without_comments(read_file($path));
	$text =~ s/\\\n/ /g;
	$macro{$1} = join '', $2 =~ /"((?:[^"\\]|\\.)*)"/g while $text =~ /^#define[ \t]+(\w+)[ \t]+((?:"(?:[^"\\]|\\.)*"\s*)+)$/gm;
}

# The text between the parenthesis at $start and its partner.
sub inside
{
	my ($text, $start) = @_;
	my $depth = 0;
	pos($text) = $start;
	while ($text =~ /\G(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)+'|([()])|[^"'()]+|.)/gs)
	{
		next unless defined $1;
		$depth += $1 eq '(' ? 1 : -1;
		return substr($text, $start + 1, pos($text) - $start - 2) if $depth == 0;
	}
	return substr($text, $start + 1);
}

# The arguments of a call, split at the commas of its own level.
sub arguments
{
	my ($text) = @_;
	my ($depth, @list) = (0, '');
	while ($text =~ /\G("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)+'|.)/gs)
	{
		my $token = $1;
		$depth++ if $token =~ /^[(\[{]$/;
		$depth-- if $token =~ /^[)\]}]$/;
		if ($token eq ',' && $depth == 0) { push @list, '' }
		else { $list[-1] .= $token }
	}
	return @list;
}

# The literal texts of an argument: one, or one per branch of "?:".
sub literals
{
	my ($argument) = @_;
	my @texts;
	for my $branch (split_branches($argument))
	{
		my $text = '';
		my $found = 0;
		while ($branch =~ /"((?:[^"\\]|\\.)*)"|\b([A-Z][A-Z0-9_]+)\b/gs)
		{
			$found ||= defined $1;
			$text .= $1 // $macro{$2} // ($2 =~ /_FORMAT$/ ? '%d' : '%s');
		}
		push @texts, $text if $found;
	}
	return @texts;
}

sub split_branches
{
	my ($argument) = @_;
	my @branches = ('');
	while ($argument =~ /\G("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)+'|.)/gs)
	{
		if ($1 eq '?') { @branches = ('') }
		elsif ($1 eq ':') { push @branches, '' }
		else { $branches[-1] .= $1 }
	}
	return @branches;
}

# Lower case, a quoted name, an inserted value, a number or a word in capitals.
sub starts_well { return $_[0] =~ /^(?:[a-z0-9]|\\"|%|[A-Z]{2,}\b)/ }

for my $path (c_files())
{
	my $text = without_comments(read_file($path));
	my $code = without_comments($text, 1);
	while ($code =~ /\b(?:ereport|ereport_domain|ereturn)\s*(?=\()/g)
	{
		my $line = line_at($code, $-[0]);
		my $call = inside($text, $+[0]);
		my ($level) = arguments($call);
		problem($path, $line, 'error without errcode')
			if $level =~ /\b(?:ERROR|FATAL|PANIC)\b/ && $call !~ /\berrcode(?:_for_\w+)?\s*\(/;
	}
	while ($code =~ /\b(errmsg|errmsg_plural|errdetail|errdetail_plural|errdetail_log|errhint|errhint_plural)\s*(?=\()/g)
	{
		my ($function, $start, $line) = ($1, $+[0], line_at($code, $-[0]));
		my @list = arguments(inside($text, $start));
		for my $message (map { literals($_) } @list[0 .. ($function =~ /plural/ ? 1 : 0)])
		{
			if ($function =~ /^errmsg/)
			{
				problem($path, $line, "message does not start in lower case: $message") unless starts_well($message);
				problem($path, $line, "message ends with a stop: $message") if $message =~ /[.!:]$/;
				problem($path, $line, "message has several lines: $message") if $message =~ /\\n/;
			}
			elsif ($message !~ /(?:[.?]|^%s|\. %s)$/)
			{
				problem($path, $line, "no full stop at the end: $message");
			}
		}
	}
}
finish();
