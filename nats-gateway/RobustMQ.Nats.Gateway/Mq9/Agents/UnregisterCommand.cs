using RobustMQ.Records;

namespace RobustMQ.Nats.Gateway.Mq9.Agents;

/// <summary><c>AGENT.UNREGISTER</c>: forgets an agent and what it reported. One that is not there is none the worse for it.</summary>
internal sealed class UnregisterCommand(AgentDirectories directories, Mq9Options options) : IMq9Command
{
    public async ValueTask RunAsync(Mq9Call call)
    {
        if (AgentPayload.Parse(call, "UNREGISTER", options.AgentBytesMax) is not { } agent)
            return;
        var directory = directories.Of(call.Namespace);
        var (error, registered) = await directory.FindAsync(agent.Mailbox, agent.Name, CancellationToken.None).ConfigureAwait(false);
        if (error == ErrorCode.None && registered is not null)
            error = await directory.UnregisterAsync(registered.Id).ConfigureAwait(false);
        if (error != ErrorCode.None)
            call.Answer.Fail(Mq9Errors.Storage(error));
    }
}
