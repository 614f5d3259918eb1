using System.Text;
using RobustMQ.Nats.Gateway.Mq9.Json;

namespace RobustMQ.Nats.Gateway.Mq9.Messages;

/// <summary>What a QUERY asks for: the first that is there of key, tags and since decides; none of them is everything.</summary>
internal sealed record QueryOptions
{
    private const int LimitMax = 100;

    private const int TagsMax = 100;

    /// <summary>UTF-8; null: any.</summary>
    public required byte[]? Key { get; init; }

    /// <summary>UTF-8; empty: any.</summary>
    public required IReadOnlyList<byte[]> Tags { get; init; }

    /// <summary>Unix seconds; null: any.</summary>
    public required long? Since { get; init; }

    public required int Limit { get; init; }

    /// <param name="mistake">In words; null where there is none.</param>
    public static QueryOptions Parse(ReadOnlyMemory<byte> payload, out string? mistake)
    {
        using var fields = JsonFields.Parse(payload, mayBeEmpty: true);
        var key = fields.Text("key", 1024);
        var tags = fields.Texts("tags", TagsMax);
        var since = fields.Number("since", 0, 253_402_300_799);
        var limit = fields.Number("limit", 1, long.MaxValue) ?? LimitMax;
        fields.End();
        mistake = fields.Mistake;
        return new QueryOptions
        {
            Key = key is null ? null : Encoding.UTF8.GetBytes(key),
            Tags = [.. tags.Select(Encoding.UTF8.GetBytes)],
            Since = since,
            Limit = (int)Math.Min(limit, LimitMax),
        };
    }
}
