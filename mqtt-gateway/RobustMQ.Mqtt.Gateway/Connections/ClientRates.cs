namespace RobustMQ.Mqtt.Gateway.Connections;

/// <summary>How fast one client may publish. The session's thread only.</summary>
internal sealed class ClientRates(RateLimit messages, RateLimit bytes)
{
    private long _messages;
    private long _bytes;

    /// <summary>Null: as fast as it likes.</summary>
    public static ClientRates? Of(MqttOptions options, TimeProvider time) =>
        options.MessageRateMax == 0 && options.ByteRateMax == 0 ? null : new ClientRates(new RateLimit(options.MessageRateMax, time), new RateLimit(options.ByteRateMax, time));

    /// <param name="received">What the client has published so far.</param>
    /// <returns>How long to wait before more is read.</returns>
    public TimeSpan Take(ConnectionCounters received)
    {
        var byMessages = messages.Take(received.Messages - _messages);
        var byBytes = bytes.Take(received.Bytes - _bytes);
        (_messages, _bytes) = (received.Messages, received.Bytes);
        return byMessages > byBytes ? byMessages : byBytes;
    }
}
