using RobustMQ.Nats.Gateway.Mq9.Json;

namespace RobustMQ.Nats.Gateway.Mq9.Agents;

/// <summary>The JSON object of an agent command: anything, as long as it says who the agent is.</summary>
/// <param name="Bytes">The whole object, as it came.</param>
internal sealed record AgentPayload(string? Mailbox, string? Name, byte[] Bytes)
{
    private const int IdLengthMax = 1024;

    public string Id => Mailbox ?? Name!;

    /// <summary>Null where the payload is none; the call is answered then.</summary>
    public static AgentPayload? Parse(Mq9Call call, string verb, int bytesMax)
    {
        if (call.Payload.Length > bytesMax)
        {
            call.Answer.Fail(Mq9Errors.InvalidPayload(verb, $"it is larger than {bytesMax} bytes"));
            return null;
        }
        using var fields = JsonFields.Parse(call.Payload);
        var mailbox = fields.Text("mailbox", IdLengthMax);
        var name = fields.Text("name", IdLengthMax);
        var mistake = fields.Mistake;
        if (string.IsNullOrEmpty(mailbox) && string.IsNullOrEmpty(name))
            mistake ??= "mailbox or name is missing";
        if (mistake is null)
            return new AgentPayload(string.IsNullOrEmpty(mailbox) ? null : mailbox, string.IsNullOrEmpty(name) ? null : name, call.Payload.ToArray());
        call.Answer.Fail(Mq9Errors.InvalidPayload(verb, mistake));
        return null;
    }
}
