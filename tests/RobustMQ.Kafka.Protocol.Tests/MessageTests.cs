using RobustMQ.Kafka.Protocol.Wire;

namespace RobustMQ.Kafka.Protocol.Tests;

public class MessageTests
{
    private const int Rounds = 20;

    public static TheoryData<string> Apis => new(Messages.All.Select(static message => message.Api.Key.ToString()));

    [Fact]
    public void Every_api_has_a_request_and_a_response() =>
        Assert.Equal(Enum.GetValues<ApiKey>(), Messages.All.Select(static message => message.Api.Key));

    [Theory]
    [MemberData(nameof(Apis))]
    public void A_message_is_read_as_it_was_written_in_every_version(string key) => ForEach(key, static (type, api, version, random) =>
    {
        var bytes = Messages.Write(Messages.AnyOf(type, version, random), api, version);

        var read = Messages.Read(type, api, version, bytes);

        Assert.NotNull(read);
        Assert.Equal(bytes, Messages.Write(read, api, version));
    });

    [Theory]
    [MemberData(nameof(Apis))]
    public void A_message_is_as_long_as_it_was_measured(string key) => ForEach(key, static (type, api, version, random) =>
    {
        var message = Messages.AnyOf(type, version, random);
        var sizer = new WireSizer(version, api.IsFlexible(version));
        message.Carry(ref sizer);

        Assert.Equal(Messages.Write(message, api, version).Length, sizer.Bytes);
    });

    [Theory]
    [MemberData(nameof(Apis))]
    public void A_message_that_was_cut_anywhere_is_malformed(string key) => ForEach(
        key,
        static (type, api, version, random) =>
        {
            var bytes = Messages.Write(Messages.AnyOf(type, version, random), api, version);
            for (var length = 0; length < bytes.Length; length++)
                Assert.Null(Messages.Read(type, api, version, bytes.AsMemory(0, length)));
        },
        rounds: 2);

    private static void ForEach(string key, Action<Type, KafkaApi, short, Random> check, int rounds = Rounds)
    {
        var (api, request, response) = Messages.All.Single(message => message.Api.Key.ToString() == key);
        for (var version = api.Min; version <= api.Max; version++)
        {
            var random = new Random(version);
            for (var round = 0; round < rounds; round++)
            {
                check(request, api, version, random);
                check(response, api, version, random);
            }
        }
    }
}
