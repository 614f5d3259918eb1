using RobustMQ.Nats.Gateway.Connections;

namespace RobustMQ.Fuzz.Nats;

/// <summary>
/// What a client saw: its answers in order, the deliveries of each subscription in order, and why it was closed. Between subscriptions no order is promised: messages
/// that arrive together are delivered together.
/// </summary>
internal sealed record SessionResult(string Answers, string Deliveries, string CloseReason)
{
    public static SessionResult From(string output, CloseReason reason)
    {
        var answers = new List<string>();
        var deliveries = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (var at = 0; at < output.Length;)
        {
            var end = output.IndexOf("\r\n", at, StringComparison.Ordinal);
            Assert.True(end >= 0, $"no line: {output[at..]}");
            var line = output[at..end];
            at = end + 2;
            if (!line.StartsWith("MSG ", StringComparison.Ordinal) && !line.StartsWith("HMSG ", StringComparison.Ordinal))
            {
                // INFO names a server, and each session has its own.
                answers.Add(line.StartsWith("INFO ", StringComparison.Ordinal) ? "INFO" : line);
                continue;
            }
            var words = line.Split(' ');
            var size = int.Parse(words[^1]);
            Assert.Equal("\r\n", output.Substring(at + size, 2));
            deliveries[words[2]] = deliveries.GetValueOrDefault(words[2]) + line + "\n" + output.Substring(at, size) + "\n";
            at += size + 2;
        }
        return new SessionResult(string.Join('\n', answers), string.Concat(deliveries.Select(pair => $"[{pair.Key}] {pair.Value}")), reason.Name);
    }
}
