namespace RobustMQ.Storage.Consumers.Core;

/// <summary>What a consumer has done since it was created.</summary>
internal record struct ConsumerTotals(long Delivered, long Redelivered, long Acknowledged, long Dead);
