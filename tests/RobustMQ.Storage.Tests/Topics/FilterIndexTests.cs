using System.Text;
using RobustMQ.Records;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Topics;

namespace RobustMQ.Storage.Tests.Topics;

public sealed class FilterIndexTests
{
    private static readonly string[] Tokens = ["a", "b", "c", "*", "**"];

    [Fact]
    public void The_index_agrees_with_comparing_every_pair_of_filters()
    {
        var random = new Random(20_261_123);
        for (var round = 0; round < 400; round++)
        {
            var index = new FilterIndex();
            var topics = Enumerable.Range(0, 6).Select(i => TopicOf(i, random)).ToList();
            topics.ForEach(index.Add);
            var removed = topics[random.Next(topics.Count)];
            index.Remove(removed);
            topics.Remove(removed);
            for (var i = 0; i < 10; i++)
            {
                var filter = FilterOf(random);
                var self = topics[0].Name;
                var expected = topics.Exists(topic => topic.Name != self && topic.Spec.Filters.Any(other => Overlap(filter, other)));
                Assert.True(expected == index.FindOverlap(filter, self) is not null, $"round {round}: {filter}");
            }
        }
    }

    private static bool Overlap(SubjectFilter left, SubjectFilter right) =>
        SubjectRules.Overlap(Encoding.UTF8.GetBytes(left.Value), Encoding.UTF8.GetBytes(right.Value));

    private static Topic TopicOf(int number, Random random) =>
        new(new TopicSpec { Name = TopicName.Parse($"t{number}"), Filters = [FilterOf(random), FilterOf(random)] }, Guid.NewGuid(), 1, 0);

    private static SubjectFilter FilterOf(Random random)
    {
        var tokens = Enumerable.Range(0, random.Next(1, 5)).Select(_ => Tokens[random.Next(random.Next(3) == 0 ? 5 : 4)]).ToList();
        if (random.Next(4) == 0)
            tokens.Add(">");
        return SubjectFilter.Parse(string.Join('.', tokens));
    }
}
