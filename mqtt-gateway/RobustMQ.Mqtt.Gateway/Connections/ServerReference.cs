using System.Text;
using RobustMQ.Mqtt.Protocol.Properties;

namespace RobustMQ.Mqtt.Gateway.Connections;

/// <summary>Another server, as a client of 5.0 is told of it (sections 3.2.2.3.16 and 4.11).</summary>
internal static class ServerReference
{
    public static byte[] Encode(string server) => new PropertyBlockBuilder().Add(PropertyId.ServerReference, Encoding.UTF8.GetBytes(server)).Encoded.ToArray();
}
