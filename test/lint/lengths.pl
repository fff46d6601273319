# lengths: functions of at most 100 lines, median 18, ninth decile 60, each
# with a comment above it; files of at most 800 lines.
use strict;
use warnings;
use lib 'test/lint';
use Tree;

my @lengths;

for my $path (c_files())
{
	my $text = read_file($path);
	my @line = split /\n/, $text;
	my @code = split /\n/, without_comments($text, 1);
	my $open;
	for my $i (0 .. $#code)
	{
		$open = $i if $code[$i] =~ /^\{/ && is_function(\@code, $i);
		next unless defined $open && $code[$i] =~ /^\}/;
		my $length = $i - $open + 1;
		my ($first, $name) = head(\@code, $open);
		push @lengths, $length;
		problem($path, $first + 1, "$name has $length lines, 100 are allowed") if $length > 100;
		problem($path, $first + 1, "$name has no comment above it") unless commented(\@line, \@code, $first);
		undef $open;
	}
}

# A brace in column 0 opens a function if the line before it ends a parameter list.
sub is_function
{
	my ($code, $i) = @_;
	while (--$i >= 0 && $code->[$i] =~ /^\s*$/) { }
	return $i >= 0 && $code->[$i] =~ /\)\s*$/;
}

# The first line of the function whose brace is in line $open, and its name.
sub head
{
	my ($code, $open) = @_;
	my $first = $open;
	while ($first > 0 && $code->[ $first - 1 ] =~ /\S/ && $code->[ $first - 1 ] !~ /[;}]\s*$|^#/) { $first-- }
	my ($name) = join(' ', @$code[ $first .. $open - 1 ]) =~ /(\w+)\s*\(/;
	return ($first, $name // '?');
}

# The line before is the end of a comment; the macro that declares a function
# to the server may stand between.
sub commented
{
	my ($line, $code, $first) = @_;
	my $i = $first - 1;
	$i-- while $i >= 0 && $code->[$i] =~ /^(?:PG_FUNCTION_INFO_V1|CAMPAIGN_\w+)\s*\(\w+\);\s*$/;
	return $i >= 0 && $line->[$i] =~ m{\*/\s*$} && $code->[$i] =~ /^\s*$/;
}

@lengths = sort { $a <=> $b } @lengths;
if (@lengths)
{
	my ($median, $decile) = @lengths[ int($#lengths / 2), int(0.9 * $#lengths) ];
	problem('src', 0, "the median function has $median lines, 18 are allowed") if $median > 18;
	problem('src', 0, "the ninth decile of functions has $decile lines, 60 are allowed") if $decile > 60;
}

for my $path (c_files(), sql_parts(), grep { -f } glob('test/*/* test/isolation/specs/*'))
{
	my $lines = (read_file($path) =~ tr/\n//);
	problem($path, $lines, "$lines lines, 800 are allowed") if $lines > 800;
}
finish();
