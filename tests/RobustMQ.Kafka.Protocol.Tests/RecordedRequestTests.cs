using RobustMQ.Kafka.Protocol.Frames;

namespace RobustMQ.Kafka.Protocol.Tests;

/// <summary>Requests as clients sent them, recorded on the way to a broker.</summary>
public class RecordedRequestTests
{
    public static TheoryData<string> Requests => new(typeof(RecordedRequestTests).Assembly.GetManifestResourceNames().Order(StringComparer.Ordinal));

    [Fact]
    public void There_are_requests_of_several_clients() => Assert.True(Requests.Count > 40);

    [Theory]
    [MemberData(nameof(Requests))]
    public void A_clients_request_is_read_to_its_last_byte_and_written_as_the_client_wrote_it(string name)
    {
        var frame = Read(name);
        Assert.True(RequestHeader.TryReadFixed(frame, out var header));
        var api = Messages.ApiOf(header.ApiKey);
        Assert.True(header.TryReadRest(frame, api.IsFlexible(header.ApiVersion), out header));
        var body = frame.AsMemory(header.Length);

        var message = Messages.Read(Messages.RequestOf(header.ApiKey), api, header.ApiVersion, body);

        Assert.NotNull(message);
        Assert.Equal(body.ToArray(), Messages.Write(message, api, header.ApiVersion));
    }

    private static byte[] Read(string name)
    {
        using var reader = new StreamReader(typeof(RecordedRequestTests).Assembly.GetManifestResourceStream(name)!);
        return Convert.FromHexString(reader.ReadToEnd().ReplaceLineEndings(string.Empty));
    }
}
