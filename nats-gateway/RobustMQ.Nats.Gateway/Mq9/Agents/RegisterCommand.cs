using RobustMQ.Records;

namespace RobustMQ.Nats.Gateway.Mq9.Agents;

/// <summary><c>AGENT.REGISTER</c>: keeps the whole object under the agent's <c>mailbox</c>, or else its <c>name</c>; replaces an earlier one.</summary>
internal sealed class RegisterCommand(AgentDirectories directories, Mq9Options options) : IMq9Command
{
    public async ValueTask RunAsync(Mq9Call call)
    {
        if (AgentPayload.Parse(call, "REGISTER", options.AgentBytesMax) is not { } agent)
            return;
        var error = await directories.Of(call.Namespace).RegisterAsync(agent.Id, agent.Bytes, options.AgentsBytesMax).ConfigureAwait(false);
        if (error != ErrorCode.None)
            call.Answer.Fail(error == ErrorCode.LimitExceeded ? Mq9Errors.TooManyAgents : Mq9Errors.Storage(error));
    }
}
