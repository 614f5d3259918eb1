using System.Text;
using RobustMQ.Amqp.Protocol;
using RobustMQ.Amqp.Protocol.Tables;
using RobustMQ.GatewayKit.Identity;

namespace RobustMQ.Amqp.Gateway.Connections;

/// <summary>What clients answer to <c>connection.start</c>, by mechanism. Pure.</summary>
internal static class SaslResponses
{
    /// <summary>RFC 4616: <c>[authorization id] NUL user NUL password</c>.</summary>
    public static Credentials ReadPlain(ReadOnlySpan<byte> response)
    {
        var first = response.IndexOf((byte)0);
        var rest = response[(first + 1)..];
        var second = rest.IndexOf((byte)0);
        if (first < 0 || second < 0)
            throw Malformed("PLAIN");
        return Of(rest[..second], rest[(second + 1)..]);
    }

    /// <summary>A field table without its length, with <c>LOGIN</c> and <c>PASSWORD</c>.</summary>
    public static Credentials ReadAmqPlain(ReadOnlySpan<byte> response)
    {
        if (!FieldTableReader.TryFind(response, "LOGIN"u8, out var login) || !FieldTableReader.TryFind(response, "PASSWORD"u8, out var password))
            throw Malformed("AMQPLAIN");
        return Of(login.Content, password.Content);
    }

    private static Credentials Of(ReadOnlySpan<byte> user, ReadOnlySpan<byte> password) =>
        new() { User = Encoding.UTF8.GetString(user), Password = Encoding.UTF8.GetString(password) };

    private static AmqpException Malformed(string mechanism) => new(ReplyCode.SyntaxError, $"a malformed response for mechanism {mechanism}");
}
