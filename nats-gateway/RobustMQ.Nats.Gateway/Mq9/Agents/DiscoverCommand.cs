using RobustMQ.Nats.Gateway.Mq9.Json;
using RobustMQ.Records;

namespace RobustMQ.Nats.Gateway.Mq9.Agents;

/// <summary><c>AGENT.DISCOVER</c>: finds agents by meaning, else by words, else all of them, a page at a time.</summary>
internal sealed class DiscoverCommand(AgentDirectories directories, ISemanticSearch semantic, long bytesMax) : IMq9Command
{
    private const int LimitMax = 1000;

    /// <summary>Of a search: a page of text.</summary>
    private const int QueryLengthMax = 4096;

    public async ValueTask RunAsync(Mq9Call call)
    {
        if (!TryParse(call, out var sentence, out var text, out var limit, out var page))
            return;
        var (error, agents) = await directories.Of(call.Namespace).ListAsync(call.ClientGone).ConfigureAwait(false);
        if (error != ErrorCode.None)
        {
            call.Answer.Fail(Mq9Errors.Storage(error));
            return;
        }
        try
        {
            if (sentence is not null)
                agents = await semantic.FindAsync(agents, sentence, call.ClientGone).ConfigureAwait(false);
            else if (text is not null)
                agents = TextSearch.Find(agents, text);
        }
        catch (SemanticSearchException failure)
        {
            call.Answer.Fail($"semantic search has no answer: {failure.Message}");
            return;
        }
        Write(call.Answer, agents.Skip((int)Math.Min((page - 1) * limit, int.MaxValue)).Take((int)limit));
    }

    private static bool TryParse(Mq9Call call, out string? sentence, out string? text, out long limit, out long page)
    {
        using var fields = JsonFields.Parse(call.Payload, mayBeEmpty: true);
        sentence = fields.Text("semantic", QueryLengthMax);
        text = fields.Text("text", QueryLengthMax);
        limit = fields.Number("limit", 1, LimitMax) ?? 20;
        page = fields.Number("page", 1, int.MaxValue) ?? 1;
        fields.End();
        if (string.IsNullOrWhiteSpace(sentence))
            sentence = null;
        if (string.IsNullOrWhiteSpace(text))
            text = null;
        if (fields.Mistake is not { } mistake)
            return true;
        call.Answer.Fail(Mq9Errors.InvalidPayload("DISCOVER", mistake));
        return false;
    }

    private void Write(Mq9Answer answer, IEnumerable<AgentEntry> agents)
    {
        answer.Json.WriteStartArray("agents"u8);
        var isFirst = true;
        foreach (var agent in agents)
        {
            if (!isFirst && answer.Bytes + agent.WrittenBytesMax > bytesMax)
                break;
            agent.Write(answer.Json);
            isFirst = false;
        }
        answer.Json.WriteEndArray();
    }
}
