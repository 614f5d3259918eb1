using System.Text;
using CsCheck;

namespace RobustMQ.Records.Tests.Names;

public class SubjectRulesTests
{
    [Theory]
    [InlineData("a", true, true)]
    [InlineData("a.b.c", true, true)]
    [InlineData("ä.日本.😀", true, true)]
    [InlineData("$SYS.x", true, true)]
    [InlineData("a*", true, true)]
    [InlineData("*a.>b.***", true, true)]
    [InlineData("*", false, true)]
    [InlineData("**", false, true)]
    [InlineData(">", false, true)]
    [InlineData("a.*.b.>", false, true)]
    [InlineData("**.a.**.>", false, true)]
    [InlineData(">.a", false, false)]
    [InlineData("a.>.**", false, false)]
    [InlineData("", false, false)]
    [InlineData(".", false, false)]
    [InlineData(".a", false, false)]
    [InlineData("a.", false, false)]
    [InlineData("a..b", false, false)]
    [InlineData("a b", false, false)]
    [InlineData("a\tb", false, false)]
    [InlineData("a\0b", false, false)]
    [InlineData("a\rb", false, false)]
    [InlineData("a\nb", false, false)]
    [InlineData("a\u007fb", false, false)]
    [InlineData("a\u001fb", false, false)]
    [InlineData("a!b", true, true)]
    public void A_name_is_a_subject_or_a_filter_or_neither(string text, bool isSubject, bool isFilter)
    {
        Assert.Equal(isSubject, SubjectRules.IsSubject(Encoding.UTF8.GetBytes(text)));
        Assert.Equal(isFilter, SubjectRules.IsFilter(Encoding.UTF8.GetBytes(text)));
        Assert.Equal(isSubject, Subject.TryParse(text, out var subject) && subject.Value == text);
        Assert.Equal(isFilter, SubjectFilter.TryParse(text, out var filter) && filter.Value == text);
    }

    [Theory]
    [InlineData("FF")]
    [InlineData("61C3")]
    [InlineData("C080")]
    [InlineData("EDA080")]
    [InlineData("F4908080")]
    public void Bytes_that_are_no_UTF_8_are_no_name(string hex)
    {
        Assert.False(SubjectRules.IsSubject(Convert.FromHexString(hex)));
        Assert.False(SubjectRules.IsFilter(Convert.FromHexString(hex)));
    }

    [Fact]
    public void A_filter_is_a_subject_exactly_where_it_has_no_wildcard() =>
        AnyName.Filter.Sample(filter =>
        {
            var bytes = Encoding.UTF8.GetBytes(filter);
            return SubjectRules.IsFilter(bytes) && SubjectRules.IsSubject(bytes) == !SubjectRules.HasWildcard(bytes);
        });

    [Fact]
    public void A_filter_matches_what_its_meaning_says() =>
        Gen.Select(AnyName.Filter, AnyName.Subject).Sample(
            (filter, subject) => Matches(filter, subject) == NaiveFilter.Matches(filter, subject),
            iter: 20_000);

    [Fact]
    public void Filters_overlap_exactly_where_some_subject_is_matched_by_both() =>
        Gen.Select(AnyName.FilterOf(3), AnyName.FilterOf(3)).Sample(
            (left, right) =>
            {
                string[] l = left.Split('.'), r = right.Split('.');
                var expected = NaiveFilter.Subjects.Any(subject => NaiveFilter.Matches(l, subject) && NaiveFilter.Matches(r, subject));
                return Overlap(left, right) == expected && Overlap(right, left) == expected;
            },
            iter: 2000);

    [Fact]
    public void A_filter_overlaps_itself_everything_and_each_subject_that_it_matches() =>
        Gen.Select(AnyName.Filter, AnyName.Subject).Sample((filter, subject) =>
            Overlap(filter, filter) && Overlap(filter, ">") && Overlap(filter, subject) == NaiveFilter.Matches(filter, subject));

    [Fact]
    public void Dozens_of_wildcards_cost_no_more_than_the_product_of_the_tokens()
    {
        // With backtracking into every wildcard these take longer than anybody waits.
        var filter = string.Join('.', Enumerable.Repeat("**.a", 40)) + ".b";
        var other = string.Join('.', Enumerable.Repeat("a.**", 40)) + ".c";
        var subject = string.Join('.', Enumerable.Repeat("a", 400));

        Assert.False(Matches(filter, subject));
        Assert.True(Matches(filter, subject + ".b"));
        Assert.False(Overlap(filter, other));
        Assert.True(Overlap(filter, other[..^2]));
    }

    [Fact]
    public void More_tokens_than_fit_the_stack_are_compared_as_well()
    {
        var many = string.Join('.', Enumerable.Repeat("t", 1000));

        Assert.True(Overlap(many + ".**", "**." + many));
        Assert.False(Overlap(many + ".a", many + ".b"));
        Assert.True(Matches("**.t", many));
    }

    private static bool Matches(string filter, string subject) => SubjectRules.Matches(Encoding.UTF8.GetBytes(filter), Encoding.UTF8.GetBytes(subject));

    private static bool Overlap(string left, string right) => SubjectRules.Overlap(Encoding.UTF8.GetBytes(left), Encoding.UTF8.GetBytes(right));
}
