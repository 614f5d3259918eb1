namespace RobustMQ.Records.Consumers;

/// <summary>Names one delivery of one record to a consumer.</summary>
/// <param name="DeliveryCount">Which delivery of the record, from 1: an answer to an earlier one is ignored. 0 in an answer: whichever is the last.</param>
public readonly record struct DeliveryId(TopicPartition Log, Offset Offset, int DeliveryCount);
