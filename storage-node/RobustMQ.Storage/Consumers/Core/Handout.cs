namespace RobustMQ.Storage.Consumers.Core;

/// <summary>A decision: this record goes to this slot.</summary>
/// <param name="IsSingle">See <see cref="PendingRecord.IsSingle"/>.</param>
internal readonly record struct Handout(int Log, long Offset, int Slot, int DeliveryCount, long Sequence, long Note, int Bytes, bool IsSingle = false);
