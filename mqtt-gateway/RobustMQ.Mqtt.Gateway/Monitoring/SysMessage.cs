using System.Text;
using RobustMQ.Mqtt.Gateway.Delivery;

namespace RobustMQ.Mqtt.Gateway.Monitoring;

/// <summary>What a topic under <c>$SYS</c> says. Unchanging.</summary>
internal sealed class SysMessage
{
    private readonly byte[] _topic;
    private readonly byte[] _payload;
    private readonly RunMessage[] _message;

    /// <param name="topic">ASCII, without dots and spaces.</param>
    public SysMessage(string topic, string value)
    {
        Value = value;
        _topic = Encoding.ASCII.GetBytes(topic);
        Subject = Encoding.ASCII.GetBytes(topic.Replace('/', '.'));
        _payload = Encoding.ASCII.GetBytes(value);
        _message = [new RunMessage { PacketStart = 0, PacketLength = 0, PropertiesStart = 0, PropertiesLength = 0, PayloadStart = 0, PayloadLength = _payload.Length, AliasAt = -1, ExpiryAt = 0 }];
    }

    public string Value { get; }

    public byte[] Subject { get; }

    public PublishRun Run => new()
    {
        Source = _payload,
        Topic = _topic,
        Subject = Subject,
        Messages = _message,
        Qos = 0,
        Retain = false,
        IsV5 = true,
        CanCopy = false,
    };
}
