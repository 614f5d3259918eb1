using System.Security.Cryptography;
using System.Text;
using RobustMQ.Amqp.Protocol.Tables;

namespace RobustMQ.Amqp.Gateway.Topology;

/// <summary>A binding as it was made; all of it together is its identity.</summary>
/// <param name="ToQueue">False: the destination is an exchange.</param>
internal sealed record BindingSpec(string Source, string Destination, bool ToQueue, byte[] RoutingKey, ArgumentTable Arguments)
{
    private const int IdentityBytes = 16;

    /// <summary>Equal for equal bindings.</summary>
    public string Identity { get; } = Identify(Source, Destination, ToQueue, RoutingKey, Arguments);

    private static string Identify(string source, string destination, bool toQueue, byte[] key, ArgumentTable arguments)
    {
        var table = new FieldWriter().Add("s", source).Add("d", destination).Add("q", toQueue).Add("k"u8, new FieldValue(FieldType.Bytes, key))
            .Add("a"u8, new FieldValue(FieldType.Table, arguments.Encoded));
        return Convert.ToHexStringLower(SHA256.HashData(table.Written).AsSpan(0, IdentityBytes));
    }
}
