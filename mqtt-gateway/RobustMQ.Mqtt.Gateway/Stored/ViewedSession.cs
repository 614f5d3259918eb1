using RobustMQ.Records;

namespace RobustMQ.Mqtt.Gateway.Stored;

/// <summary>A session as every gateway knows it: that it is there, what messages it wants kept, when it or its will is due. Guarded by <see cref="SessionView"/>.</summary>
internal sealed class ViewedSession(string hash)
{
    public string Hash { get; } = hash;

    /// <summary>Null: gone, or not read yet.</summary>
    public SessionHead? Head { get; set; }

    public StoredWill? Will { get; set; }

    public Offset WillOffset { get; set; } = Offset.None;

    /// <summary>By number of the subscription; only those that messages are kept for.</summary>
    public Dictionary<int, WantedSubjects> Wanted { get; } = [];

    /// <summary>Told again since the topic was last read from its beginning.</summary>
    public bool IsConfirmed { get; set; } = true;

    public bool IsEmpty => Head is null && Will is null && Wanted.Count == 0;
}

/// <summary>Subjects whose messages are to be kept.</summary>
/// <param name="FilterBytes">A filter of subjects.</param>
/// <param name="ShareName">Null: for one session; otherwise for a shared subscription.</param>
internal sealed record WantedSubjects(Namespace Namespace, byte[] FilterBytes, string? ShareName);
