namespace RobustMQ.Nats.Gateway.Mq9;

/// <summary>One command of the protocol.</summary>
internal interface IMq9Command
{
    /// <summary>Runs the command and writes its answer, an error included. What it does before its first wait happens in the order in which one client's requests came.</summary>
    ValueTask RunAsync(Mq9Call call);
}
