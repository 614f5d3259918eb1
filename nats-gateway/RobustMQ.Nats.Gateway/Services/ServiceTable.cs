namespace RobustMQ.Nats.Gateway.Services;

/// <summary>The gateway's services by the subjects that they own. Unchanging.</summary>
internal sealed class ServiceTable(params IReadOnlyList<IRequestService> services)
{
    /// <summary>Null for nearly every subject, told by its first byte.</summary>
    public IRequestService? Find(ReadOnlySpan<byte> subject)
    {
        if (subject.IsEmpty || subject[0] != '$')
            return null;
        foreach (var service in services)
        {
            if (subject.StartsWith(service.Prefix.Span))
                return service;
        }
        return null;
    }
}
