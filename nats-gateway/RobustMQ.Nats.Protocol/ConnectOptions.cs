using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace RobustMQ.Nats.Protocol;

/// <summary>The JSON of CONNECT. Absent fields have nats-server's defaults; unknown ones are ignored.</summary>
public sealed record ConnectOptions
{
    public bool Verbose { get; private set; } = true;

    public bool Pedantic { get; private set; }

    public bool Echo { get; private set; } = true;

    public bool Headers { get; private set; }

    public bool NoResponders { get; private set; }

    public bool TlsRequired { get; private set; }

    public int Protocol { get; private set; }

    public string? Name { get; private set; }

    public string? Language { get; private set; }

    public string? Version { get; private set; }

    public string? User { get; private set; }

    public string? Password { get; private set; }

    public string? Token { get; private set; }

    public string? Nkey { get; private set; }

    public string? Jwt { get; private set; }

    public string? Signature { get; private set; }

    /// <summary>
    /// Reads the object as Go's decoder does: names in any case, null leaves a default, bytes that are no UTF-8 become U+FFFD. False where it is no JSON object or a field
    /// has the wrong type.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> json, out ConnectOptions options)
    {
        if (!Utf8.IsValid(json))
            json = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(json));
        options = new ConnectOptions();
        try
        {
            var reader = new Utf8JsonReader(json);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                options.ReadProperty(ref reader);
            return reader.TokenType == JsonTokenType.EndObject && !reader.Read();
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            return false;
        }
    }

    private void ReadProperty(ref Utf8JsonReader reader)
    {
        var name = reader.GetString()!.ToLowerInvariant();
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
            return;
        switch (name)
        {
            case "verbose": Verbose = reader.GetBoolean(); break;
            case "pedantic": Pedantic = reader.GetBoolean(); break;
            case "echo": Echo = reader.GetBoolean(); break;
            case "headers": Headers = reader.GetBoolean(); break;
            case "no_responders": NoResponders = reader.GetBoolean(); break;
            case "tls_required": TlsRequired = reader.GetBoolean(); break;
            case "protocol": Protocol = reader.GetInt32(); break;
            case "name": Name = reader.GetString(); break;
            case "lang": Language = reader.GetString(); break;
            case "version": Version = reader.GetString(); break;
            case "user": User = reader.GetString(); break;
            case "pass": Password = reader.GetString(); break;
            case "auth_token": Token = reader.GetString(); break;
            case "nkey": Nkey = reader.GetString(); break;
            case "jwt": Jwt = reader.GetString(); break;
            case "sig": Signature = reader.GetString(); break;
            default: reader.Skip(); break;
        }
    }
}
