namespace RobustMQ.Nats.Gateway.Delivery;

/// <summary>
/// Messages of one subject that stand one behind the other in one piece of input. They are delivered together: one lock and one run of writes per receiver instead of
/// one per message.
/// </summary>
internal readonly ref struct PublishRun(ReadOnlySpan<byte> source, ReadOnlySpan<byte> subject, ReadOnlySpan<RunMessage> messages)
{
    public ReadOnlySpan<byte> Source { get; } = source;

    public ReadOnlySpan<byte> Subject { get; } = subject;

    public ReadOnlySpan<RunMessage> Messages { get; } = messages;

    public PublishRun Only(int index) => new(Source, Subject, Messages.Slice(index, 1));
}
