using System.Buffers.Text;
using System.Text;

namespace RobustMQ.Mqtt.Gateway.Stored;

/// <summary>What of a session a record is about.</summary>
internal enum SessionPart
{
    /// <summary><c>s</c>: <see cref="SessionHead"/>.</summary>
    Head = 0,

    /// <summary><c>f</c> and its number: <see cref="StoredSubscription"/>.</summary>
    Subscription = 1,

    /// <summary><c>q</c>: packet identifiers of publishes at QoS 2 that the client has not released, 2 bytes each.</summary>
    Unreleased = 2,

    /// <summary><c>w</c>: <see cref="StoredWill"/>.</summary>
    Will = 3,

    /// <summary><c>r</c>: <see cref="StoredRetained"/>.</summary>
    Retained = 4,
}

/// <summary>Keys of the sessions' topic, which are subjects: <c>hash of the name . part</c>.</summary>
internal static class SessionKey
{
    private const string Letters = "sfqwr";

    public static byte[] Of(SessionName name, SessionPart part, int id = 0) =>
        Encoding.ASCII.GetBytes($"{name.Hash}.{Letters[(int)part]}{(part == SessionPart.Subscription ? id : "")}");

    public static bool TryRead(ReadOnlySpan<byte> key, out string hash, out SessionPart part, out int id)
    {
        hash = string.Empty;
        part = SessionPart.Head;
        id = 0;
        var at = key.IndexOf((byte)'.');
        if (at < 0 || at + 1 == key.Length || Letters.IndexOf((char)key[at + 1], StringComparison.Ordinal) is var letter && letter < 0)
            return false;
        part = (SessionPart)letter;
        hash = Encoding.ASCII.GetString(key[..at]);
        return part != SessionPart.Subscription || (Utf8Parser.TryParse(key[(at + 2)..], out id, out var length) && length == key.Length - at - 2);
    }
}
