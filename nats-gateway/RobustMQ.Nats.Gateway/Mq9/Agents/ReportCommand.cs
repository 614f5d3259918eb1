using RobustMQ.Records;

namespace RobustMQ.Nats.Gateway.Mq9.Agents;

/// <summary><c>AGENT.REPORT</c>: keeps what an agent says of itself, the last of it.</summary>
internal sealed class ReportCommand(AgentDirectories directories, Mq9Options options) : IMq9Command
{
    public async ValueTask RunAsync(Mq9Call call)
    {
        if (AgentPayload.Parse(call, "REPORT", options.AgentBytesMax) is not { } report)
            return;
        var directory = directories.Of(call.Namespace);
        var (error, agent) = await directory.FindAsync(report.Mailbox, report.Name, CancellationToken.None).ConfigureAwait(false);
        if (error == ErrorCode.None && agent is null)
        {
            call.Answer.Fail(Mq9Errors.NoAgent(report.Id));
            return;
        }
        if (error == ErrorCode.None)
            error = await directory.ReportAsync(agent!, report.Bytes, options.AgentsBytesMax).ConfigureAwait(false);
        if (error != ErrorCode.None)
            call.Answer.Fail(error == ErrorCode.LimitExceeded ? Mq9Errors.TooManyAgents : Mq9Errors.Storage(error));
    }
}
