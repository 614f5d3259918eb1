using System.Text.RegularExpressions;
using RobustMQ.Nats.Gateway.Tests.Mq9.Support;

namespace RobustMQ.Nats.Gateway.Tests.Mq9;

/// <summary>
/// Plays the conversations in <c>Transcripts</c>: <c>&gt; SUBJECT [Header: value|Header: value] PAYLOAD</c> asks, the line <c>&lt;</c> below it is the whole answer, where <c>_</c> stands for what differs
/// from run to run (a time, a generated address).
/// </summary>
public sealed partial class TranscriptTests
{
    public static TheoryData<string> Names =>
        [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Mq9", "Transcripts"), "*.txt").Select(file => Path.GetFileNameWithoutExtension(file)!).Order()];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_client_is_answered_as_the_transcript_says(string name)
    {
        await using var node = await MailNode.StartAsync();
        using var client = await node.ConnectAsync();
        var lines = await File.ReadAllLinesAsync(Path.Combine(AppContext.BaseDirectory, "Mq9", "Transcripts", $"{name}.txt"));
        var answer = string.Empty;
        var answers = 0;
        foreach (var line in lines)
        {
            if (line.StartsWith("> ", StringComparison.Ordinal))
            {
                var request = Request().Match(line);
                Assert.True(request.Success, line);
                var headers = request.Groups["headers"].Value;
                answer = await client.AskAsync(request.Groups["subject"].Value, request.Groups["payload"].Value, headers.Length == 0 ? [] : headers.Split('|'));
            }
            else if (line.StartsWith("< ", StringComparison.Ordinal))
            {
                answers++;
                var expected = $"^{Regex.Escape(line[2..]).Replace("\"_\"", "\"[a-z0-9]{20}\"").Replace("_,", "[0-9]+,").Replace("_}", "[0-9]+}")}$";
                Assert.True(Regex.IsMatch(answer, expected), $"{name}: expected {line[2..]}\n got {answer}");
            }
        }
        Assert.NotEqual(0, answers);
    }

    [GeneratedRegex(@"^> (?<subject>\S+)( \[(?<headers>[^\]\x22]*:[^\]\x22]*)\])?( (?<payload>.*))?$")]
    private static partial Regex Request();
}
