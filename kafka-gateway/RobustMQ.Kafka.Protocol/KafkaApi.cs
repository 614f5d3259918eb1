namespace RobustMQ.Kafka.Protocol;

/// <summary>One API and the versions of it that the codec knows.</summary>
/// <param name="FlexibleFrom">First version with compact lengths and tagged fields.</param>
public sealed record KafkaApi(ApiKey Key, short Min, short Max, short FlexibleFrom)
{
    /// <summary>For <see cref="FlexibleFrom"/>: no version of the API is flexible.</summary>
    public const short Never = short.MaxValue;

    public bool Has(short version) => version >= Min && version <= Max;

    public bool IsFlexible(short version) => version >= FlexibleFrom;

    /// <summary>Whether the response's header ends with tagged fields. ApiVersions never has them: its answer is read before versions are agreed upon.</summary>
    public bool HasFlexibleResponseHeader(short version) => Key != ApiKey.ApiVersions && IsFlexible(version);
}
