using System.Buffers;
using System.Net;
using System.Text.Json;

namespace RobustMQ.Nats.Gateway.Connections;

/// <summary>Writes INFO: who the server is, what it takes, where else clients may go.</summary>
internal sealed class ServerInfo(NatsGatewayState gateway)
{
    /// <summary>
    /// Protocol level that clients look for: they enable features by the server's version. RobustMQ's own version stands in <c>server_name</c>'s place only where an
    /// operator puts it there.
    /// </summary>
    public const string CompatibleVersion = "2.11.0";

    /// <summary>56 upper-case letters and digits like a server key, new at every start.</summary>
    public string Id { get; } = "N" + new string(System.Security.Cryptography.RandomNumberGenerator.GetItems<char>("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 55));

    /// <summary>Clients are told to leave.</summary>
    public bool IsLameDuck { get; set; }

    /// <summary>The whole line for one client.</summary>
    /// <param name="isConnectInfo">In answer to the client's first PING: names its account.</param>
    public ReadOnlySpan<byte> For(NatsConnection connection, bool isConnectInfo = false, byte[]? nonce = null)
    {
        var options = gateway.Options;
        var buffer = new ArrayBufferWriter<byte>(512);
        buffer.Write("INFO "u8);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("server_id", Id);
            json.WriteString("server_name", options.ServerName);
            json.WriteString("version", CompatibleVersion);
            json.WriteNumber("proto", 1);
            json.WriteString("go", "dotnet" + Environment.Version);
            json.WriteString("host", options.Listener.Address.ToString());
            json.WriteNumber("port", gateway.ListenPort);
            json.WriteBoolean("headers", true);
            json.WriteNumber("max_payload", PayloadBytesMaxFor(connection));
            json.WriteNumber("client_id", connection.Id);
            if (connection.RemoteEndPoint is IPEndPoint remote)
                json.WriteString("client_ip", (remote.Address.IsIPv4MappedToIPv6 ? remote.Address.MapToIPv4() : remote.Address).ToString());
            if (gateway.Authenticator.IsRequired)
                json.WriteBoolean("auth_required", true);
            if (options.Listener.Tls is { } tls && !connection.IsWebSocket)
            {
                json.WriteBoolean("tls_required", true);
                if (tls.ClientCertificates != Hosting.Listeners.ClientCertificateMode.None)
                    json.WriteBoolean("tls_verify", true);
            }
            if (nonce is not null)
                json.WriteString("nonce", nonce);
            if (options.Advertise.Count > 0)
            {
                json.WriteStartArray("connect_urls");
                foreach (var url in options.Advertise)
                    json.WriteStringValue(url);
                json.WriteEndArray();
            }
            if (IsLameDuck)
                json.WriteBoolean("ldm", true);
            if (isConnectInfo && connection.Identity is { } identity)
            {
                json.WriteString("acc_name", identity.Account.Namespace.Value);
                json.WriteBoolean("connect_info", true);
            }
            json.WriteEndObject();
        }
        buffer.Write("\r\n"u8);
        return buffer.WrittenSpan;
    }

    private int PayloadBytesMaxFor(NatsConnection connection) =>
        connection.Identity is { } identity ? gateway.LimitsFor(identity).PayloadBytesMax : gateway.Options.PayloadBytesMax;
}
