namespace RobustMQ.Mqtt.Gateway.Connections;

/// <summary>What is published in a client's name when its connection ends without a DISCONNECT (5.0 section 3.1.2.5).</summary>
/// <param name="Properties">Encoded, as a PUBLISH carries them.</param>
/// <param name="DelaySeconds">How long it waits for the client to come back, as long as there is a session to come back to.</param>
internal sealed record Will(byte[] Topic, byte[] Payload, byte Qos, bool Retain, byte[] Properties, uint DelaySeconds = 0);
