namespace RobustMQ.Records.Tests.Names;

public class NameTests
{
    public static TheoryData<string?, bool> Names => new()
    {
        { "a", true },
        { "A-z_0.9", true },
        { "...", true },
        { "_live", true },
        { ".a", true },
        { null, false },
        { "", false },
        { ".", false },
        { "..", false },
        { "a/b", false },
        { "a\\b", false },
        { "a b", false },
        { "ä", false },
        { "a\0", false },
        { "a*", false },
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void Topics_and_namespaces_are_names_that_are_safe_folders(string? text, bool isName)
    {
        Assert.Equal(isName, TopicName.TryParse(text, out var topic));
        Assert.Equal(isName, Namespace.TryParse(text, out var ns));
        Assert.Equal(isName ? text : string.Empty, topic.Value);
        Assert.Equal(isName ? text : "default", ns.Value);
    }

    [Fact]
    public void A_name_may_be_as_long_as_the_limit_and_not_a_character_longer()
    {
        Assert.True(TopicName.TryParse(new string('a', 249), out _));
        Assert.False(TopicName.TryParse(new string('a', 250), out _));
        Assert.True(Namespace.TryParse(new string('a', 64), out _));
        Assert.False(Namespace.TryParse(new string('a', 65), out _));
    }

    [Fact]
    public void Parse_throws_with_the_text_where_TryParse_says_no()
    {
        Assert.Contains("'a/b'", Assert.Throws<FormatException>(() => TopicName.Parse("a/b")).Message, StringComparison.Ordinal);
        Assert.Contains("'a/b'", Assert.Throws<FormatException>(() => Namespace.Parse("a/b")).Message, StringComparison.Ordinal);
        Assert.Contains("'a..b'", Assert.Throws<FormatException>(() => Subject.Parse("a..b")).Message, StringComparison.Ordinal);
        Assert.Contains("'>.a'", Assert.Throws<FormatException>(() => SubjectFilter.Parse(">.a")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_default_namespace_is_itself_however_it_is_made()
    {
        Assert.Equal(Namespace.Default, Namespace.Parse("default"));
        Assert.Equal(default, Namespace.Parse("default"));
        Assert.NotEqual(Namespace.Default, Namespace.Parse("Default"));
        Assert.Equal("default/orders-3", new TopicPartition(default, TopicName.Parse("orders"), 3).ToString());
    }

    [Fact]
    public void Internal_topics_begin_with_an_underscore()
    {
        Assert.True(TopicName.Live.IsInternal);
        Assert.True(TopicName.Durable.IsInternal);
        Assert.True(TopicName.Parse("__consumer_offsets").IsInternal);
        Assert.False(TopicName.Parse("orders_").IsInternal);
        Assert.False(default(TopicName).IsInternal);
    }

    [Fact]
    public void Offsets_and_epochs_are_ordered_and_nothing_is_before_the_first()
    {
        Assert.True(Offset.None < Offset.Zero && Offset.Zero + 1 > Offset.Zero && Offset.Zero <= default(Offset) && Offset.Zero >= Offset.None);
        Assert.Equal(5, new Offset(12) - new Offset(7));
        Assert.True(Epoch.None < new Epoch(0) && new Epoch(2) > new Epoch(1) && new Epoch(1) <= new Epoch(1) && new Epoch(1) >= new Epoch(1));
        Assert.Equal("7", new Offset(7).ToString());
    }
}
