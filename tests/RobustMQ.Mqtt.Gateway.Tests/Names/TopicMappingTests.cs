using System.Text;
using CsCheck;
using RobustMQ.Mqtt.Gateway.Names;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Records;

namespace RobustMQ.Mqtt.Gateway.Tests.Names;

public class TopicMappingTests
{
    private static readonly TopicMapping Literal = new(DotHandling.Literal);

    /// <summary>Levels of everything that is hard: empty, dots, spaces, slashes' neighbours, wildcards of other protocols, escapes as text, a leading $, other scripts.</summary>
    private static readonly Gen<string> Level = Gen.OneOf(
        Gen.Int[0, 21].Select(static at => new[]
        {
            "a", "b", "", ".", "..", " ", "*", "**", ">", "***", "*a", ">>", "a.b", "a b", "$SYS", "20", "2a", "3e", "ä", "日本", "a*", "x>",
        }[at]),
        Gen.String[Gen.Char[' ', 'z'], 0, 8].Select(static text => text.Replace("/", string.Empty).Replace("+", string.Empty).Replace("#", string.Empty)));

    private static readonly Gen<string> Topic = Level.List[1, 8].Select(static levels => string.Join('/', levels)).Where(static topic => topic.Length > 0);

    private static readonly Gen<string> Filter = Gen.Select(Level.Select(static level => level), Gen.Int[0, 3]).List[1, 6]
        .Select(static levels => string.Join('/', levels.Select(static pair => pair.Item2 == 0 ? "+" : pair.Item1)));

    // As nats-server's documentation of its MQTT mapping has it, the first six lines.
    [Theory]
    [InlineData("a/b", "a.b")]
    [InlineData("/a/b", "/.a.b")]
    [InlineData("a/b/", "a.b./")]
    [InlineData("a//b", "a./.b")]
    [InlineData("//a", "/./.a")]
    [InlineData("a.b", "a//b")]
    [InlineData("/", "/./")]
    [InlineData("a b", "a/20b")]
    [InlineData("*/**/>", "/2a./2a*./3e")]
    [InlineData("*a/>b", "*a.>b")]
    [InlineData("$SYS/x", "$SYS.x")]
    public void Topics_have_these_subjects(string topic, string subject)
    {
        Assert.Equal(subject, ToSubject(topic, Literal));
        Assert.Equal(topic, ToTopic(subject));
    }

    [Theory]
    [InlineData("+/a/#", "*.a.**")]
    [InlineData("#", "**")]
    [InlineData("a/*/+", "a./2a.*")]
    [InlineData("/+", "/.*")]
    public void Filters_have_these_subject_filters(string filter, string expected) => Assert.Equal(expected, ToFilter(filter));

    [Theory]
    [InlineData("a+b")]
    [InlineData("a.#")]
    [InlineData("a/b")]
    [InlineData("/2ab")]
    [InlineData("a/2a")]
    [InlineData("/21")]
    [InlineData("///")]
    public void Subjects_that_no_topic_has_are_refused(string subject) => Assert.Null(ToTopic(subject));

    [Theory]
    [InlineData("a\u0001")]
    [InlineData("\t")]
    [InlineData("a/\u007f")]
    public void Control_characters_are_refused(string topic) => Assert.Null(ToSubject(topic, Literal));

    [Fact]
    public void Every_topic_comes_back_from_a_valid_subject() => Topic.Sample(static topic =>
    {
        var subject = ToSubject(topic, Literal);
        Assert.True(Subject.TryParse(subject, out _), $"'{topic}' -> '{subject}'");
        Assert.Equal(topic, ToTopic(subject!));
    }, iter: 5000);

    [Fact]
    public void Two_topics_never_share_a_subject() => Gen.Select(Topic, Topic).Sample(static (left, right) =>
        Assert.Equal(left == right, ToSubject(left, Literal) == ToSubject(right, Literal)), iter: 5000);

    [Fact]
    public void A_subject_that_is_some_topics_comes_back_as_itself() =>
        Gen.String[Gen.Char['!', '~'], 1, 12].Where(static text => Subject.TryParse(text, out _)).Sample(static subject =>
        {
            if (ToTopic(subject) is { } topic)
                Assert.Equal(subject, ToSubject(topic, Literal));
        }, iter: 5000);

    [Fact]
    public void A_filter_matches_a_topic_where_its_subject_filter_matches_the_subject() => Gen.Select(Filter, Topic, Gen.Bool).Sample(static (start, topic, hasRest) =>
    {
        var filter = hasRest ? start + "/#" : start;
        // Topics that begin with $ are the gateway's to leave out: inside they are subjects like others.
        if (filter.Length == 0 || topic[0] == '$')
            return;
        Assert.Equal(
            MqttTopics.Matches(Encoding.UTF8.GetBytes(filter), Encoding.UTF8.GetBytes(topic)),
            SubjectRules.Matches(Encoding.UTF8.GetBytes(ToFilter(filter)!), Encoding.UTF8.GetBytes(ToSubject(topic, Literal)!)));
    }, iter: 5000);

    [Fact]
    public void The_longest_topic_fits()
    {
        var topic = new string(' ', 65_535);
        Assert.Equal(topic, ToTopic(ToSubject(topic, Literal)!));
        var empty = new string('/', 65_535);
        Assert.Equal(empty, ToTopic(ToSubject(empty, Literal)!));
    }

    [Theory]
    [InlineData("a.b", "a.b", "a/b")]
    [InlineData("a/b.c", "a.b.c", "a/b/c")]
    [InlineData("a..b", "a./.b", "a//b")]
    public void With_dots_as_separators_one_dotted_name_is_the_same_everywhere(string topic, string subject, string back)
    {
        var mapping = new TopicMapping(DotHandling.Separator);

        Assert.Equal(subject, ToSubject(topic, mapping));
        Assert.Equal(back, ToTopic(subject));
    }

    private static string? ToSubject(string topic, TopicMapping mapping)
    {
        var bytes = Encoding.UTF8.GetBytes(topic);
        var subject = new byte[TopicMapping.SubjectBytesMax(bytes.Length)];
        return mapping.TryToSubject(bytes, subject, out var written) ? Encoding.UTF8.GetString(subject, 0, written) : null;
    }

    private static string? ToFilter(string filter)
    {
        var bytes = Encoding.UTF8.GetBytes(filter);
        var subject = new byte[TopicMapping.SubjectBytesMax(bytes.Length)];
        return Literal.TryToFilter(bytes, subject, out var written) ? Encoding.UTF8.GetString(subject, 0, written) : null;
    }

    private static string? ToTopic(string subject)
    {
        var bytes = Encoding.UTF8.GetBytes(subject);
        var topic = new byte[bytes.Length];
        return TopicMapping.TryToTopic(bytes, topic, out var written) ? Encoding.UTF8.GetString(topic, 0, written) : null;
    }
}
