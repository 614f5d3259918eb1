using System.Text;
using CsCheck;
using RobustMQ.Records.Subjects;
using RobustMQ.Records.Tests.Names;

namespace RobustMQ.Records.Tests.Subjects;

/// <summary>The trie beside a plain list of filters and values.</summary>
public class SubjectTrieTests
{
    private static readonly Gen<(string Filter, string Value, bool Removes)> Change =
        Gen.Select(AnyName.FilterOf(5), Gen.OneOf("x", "y", "z"), Gen.Frequency((2, Gen.Const(false)), (1, Gen.Const(true))));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void It_finds_what_a_list_would_find(bool hasAnyToken) =>
        Gen.Select(Change.List[0, 40], AnyName.Subject.Array[1, 8]).Sample(
            (changes, subjects) =>
            {
                var trie = new SubjectTrie<string>(hasAnyToken);
                var list = new List<(string Filter, string Value)>();
                foreach (var (filter, value, removes) in changes)
                    Apply(trie, list, filter, value, removes);

                Assert.Equal(list.Count, trie.Count);
                foreach (var subject in subjects)
                    AssertFinds(trie, list, subject, hasAnyToken);
            },
            iter: 1000);

    [Fact]
    public void What_was_added_and_removed_leaves_nothing_behind() =>
        AnyName.Filter.List[1, 30].Sample(filters =>
        {
            var trie = new SubjectTrie<string>();
            foreach (var filter in filters)
                trie.Add(Encoding.UTF8.GetBytes(filter), "x");
            foreach (var filter in filters)
                Assert.True(trie.Remove(Encoding.UTF8.GetBytes(filter), "x"));

            Assert.Equal(0, trie.Count);
            Assert.False(trie.HasMatch("a.b"u8));
            foreach (var filter in filters)
                Assert.False(trie.Remove(Encoding.UTF8.GetBytes(filter), "x"));
        });

    [Fact]
    public void A_filter_with_many_ways_to_match_gives_its_value_once()
    {
        var trie = new SubjectTrie<string>();
        trie.Add("**.a.**.a.**"u8, "x");

        Assert.Equal(["x"], Match(trie, "a.a.a.a.a"));
        Assert.Equal(["x"], Match(trie, "a.a"));
        Assert.Empty(Match(trie, "a"));
    }

    [Fact]
    public void Dozens_of_wildcards_cost_no_more_than_the_product_of_the_tokens()
    {
        var trie = new SubjectTrie<string>();
        trie.Add(Encoding.UTF8.GetBytes(string.Join('.', Enumerable.Repeat("**.a.*", 30)) + ".b"), "x");
        var subject = string.Join('.', Enumerable.Repeat("a", 400));

        Assert.Empty(Match(trie, subject));
        Assert.False(trie.HasMatch(Encoding.UTF8.GetBytes(subject)));
        Assert.Equal(["x"], Match(trie, subject + ".b"));
    }

    [Fact]
    public void A_match_without_the_any_token_allocates_nothing()
    {
        var trie = new SubjectTrie<string>();
        foreach (var filter in (string[])["orders.*", "orders.>", "orders.eu.42", "*.eu.*", ">", "**"])
            trie.Add(Encoding.UTF8.GetBytes(filter), filter);
        var matches = new List<string>(16);
        trie.Match("orders.eu.42"u8, matches);
        Assert.Equal(5, matches.Count);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            matches.Clear();
            trie.Match("orders.eu.42"u8, matches);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static void Apply(SubjectTrie<string> trie, List<(string, string)> list, string filter, string value, bool removes)
    {
        if (removes)
        {
            Assert.Equal(list.Remove((filter, value)), trie.Remove(Encoding.UTF8.GetBytes(filter), value));
            return;
        }
        list.Add((filter, value));
        trie.Add(Encoding.UTF8.GetBytes(filter), value);
    }

    private static void AssertFinds(SubjectTrie<string> trie, List<(string Filter, string Value)> list, string subject, bool hasAnyToken)
    {
        var expected = list.Where(entry => NaiveFilter.Matches(entry.Filter, subject, hasAnyToken)).Select(entry => entry.Value).Order();

        Assert.Equal(expected, Match(trie, subject).Order());
        Assert.Equal(expected.Any(), trie.HasMatch(Encoding.UTF8.GetBytes(subject)));
    }

    private static List<string> Match(SubjectTrie<string> trie, string subject)
    {
        var matches = new List<string>();
        trie.Match(Encoding.UTF8.GetBytes(subject), matches);
        return matches;
    }
}
