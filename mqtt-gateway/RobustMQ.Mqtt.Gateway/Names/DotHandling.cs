namespace RobustMQ.Mqtt.Gateway.Names;

/// <summary>What a dot inside an MQTT level is.</summary>
public enum DotHandling
{
    /// <summary>A character like others: topics and subjects map one to one.</summary>
    Literal = 0,

    /// <summary>A separator like <c>/</c>: one dotted name is the same name in every protocol, but <c>a.b</c> and <c>a/b</c> are one topic, which clients see as <c>a/b</c>.</summary>
    Separator = 1,
}
