using CsCheck;

namespace RobustMQ.Mqtt.Protocol.Tests;

public class TopicTests
{
    [Theory]
    [InlineData("a", true)]
    [InlineData("/", true)]
    [InlineData("a//b", true)]
    [InlineData(" ", true)]
    [InlineData("", false)]
    [InlineData("a/+", false)]
    [InlineData("a#", false)]
    public void Names(string topic, bool isName) => Assert.Equal(isName, MqttTopics.IsName(Wire.Utf8(topic), 100));

    [Theory]
    [InlineData("#", true)]
    [InlineData("a/#", true)]
    [InlineData("+", true)]
    [InlineData("+/a/+", true)]
    [InlineData("/+", true)]
    [InlineData("a/b+", false)]
    [InlineData("a#", false)]
    [InlineData("a/#/b", false)]
    [InlineData("", false)]
    public void Filters(string filter, bool isFilter) => Assert.Equal(isFilter, MqttTopics.IsFilter(Wire.Utf8(filter), 100));

    [Fact]
    public void Levels_are_bounded()
    {
        Assert.True(MqttTopics.IsName("a/b/c"u8, 3));
        Assert.False(MqttTopics.IsName("a/b/c"u8, 2));
        Assert.False(MqttTopics.IsFilter("a/+/#"u8, 2));
    }

    // The examples of section 4.7.
    [Theory]
    [InlineData("sport/tennis/player1/#", "sport/tennis/player1", true)]
    [InlineData("sport/tennis/player1/#", "sport/tennis/player1/ranking", true)]
    [InlineData("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true)]
    [InlineData("sport/#", "sport", true)]
    [InlineData("sport/tennis/+", "sport/tennis/player1", true)]
    [InlineData("sport/tennis/+", "sport/tennis/player1/ranking", false)]
    [InlineData("sport/+", "sport", false)]
    [InlineData("sport/+", "sport/", true)]
    [InlineData("+/+", "/finance", true)]
    [InlineData("/+", "/finance", true)]
    [InlineData("+", "/finance", false)]
    [InlineData("#", "$SYS/x", false)]
    [InlineData("+/monitor/Clients", "$SYS/monitor/Clients", false)]
    [InlineData("$SYS/#", "$SYS/x", true)]
    [InlineData("a", "a/b", false)]
    [InlineData("a/b", "a", false)]
    public void Matching(string filter, string topic, bool matches) => Assert.Equal(matches, MqttTopics.Matches(Wire.Utf8(filter), Wire.Utf8(topic)));

    [Fact]
    public void A_topic_matches_itself_and_its_own_wildcards() =>
        Gen.Int[0, 3].Select(static at => new[] { "a", "b", "", "cc" }[at]).List[1, 6].Sample(static levels =>
        {
            var topic = string.Join('/', levels);
            if (topic.Length == 0)
                return;
            Assert.True(MqttTopics.Matches(Wire.Utf8(topic), Wire.Utf8(topic)));
            for (var at = 0; at < levels.Count; at++)
            {
                var single = string.Join('/', levels.Select((level, index) => index == at ? "+" : level));
                Assert.True(MqttTopics.Matches(Wire.Utf8(single), Wire.Utf8(topic)));
                var rest = string.Join('/', levels.Take(at).Append("#"));
                Assert.True(MqttTopics.Matches(Wire.Utf8(rest), Wire.Utf8(topic)));
            }
        });

    [Theory]
    [InlineData("$share/g/a/b", true)]
    [InlineData("$share/g/#", true)]
    [InlineData("$share//a", false)]
    [InlineData("$share/g/", false)]
    [InlineData("$share/g", false)]
    [InlineData("$share/+/a", false)]
    public void Shared_filters(string filter, bool isValid) => Assert.Equal(isValid, SharedFilter.TryParse(Wire.Utf8(filter), out _));
}
