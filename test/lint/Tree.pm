# Tree.pm: what several checks need to know about the files of the tree.
package Tree;

use strict;
use warnings;
use Exporter 'import';
our @EXPORT = qw(c_files sql_parts read_file without_comments line_at problem finish);

my $problems = 0;

# Sources and headers, in order.
sub c_files { return sort(glob('src/*.[ch]'), glob('src/*/*.[ch]')) }

sub sql_parts { return sort(glob('sql/parts/*.sql')) }

sub read_file
{
	my ($path) = @_;
	open my $file, '<', $path or die "$path: $!\n";
	local $/;
	my $text = <$file>;
	return $text // '';
}

# C text with comments turned into blanks; offsets and lines stay.  With
# $blank_strings what stands between quotes is blanked as well.
sub without_comments
{
	my ($text, $blank_strings) = @_;
	$text =~ s{(/\*.*?\*/|//[^\n]*)|"((?:[^"\\\n]|\\.)*)"|('(?:[^'\\\n]|\\.)+')}
		{ defined $1 ? blank($1) : defined $3 ? ($blank_strings ? "'" . blank(substr($3, 1, -1)) . "'" : $3)
			: '"' . ($blank_strings ? blank($2) : $2) . '"' }gse;
	return $text;
}

sub blank
{
	my ($text) = @_;
	$text =~ s/[^\n]/ /g;
	return $text;
}

# The number of the line at an offset.
sub line_at
{
	my ($text, $offset) = @_;
	return 1 + (substr($text, 0, $offset) =~ tr/\n//);
}

# Reports "file:line: what".
sub problem
{
	my ($path, $line, $what) = @_;
	print "$path:$line: $what\n";
	$problems++;
}

sub finish { exit($problems ? 1 : 0) }

1;
