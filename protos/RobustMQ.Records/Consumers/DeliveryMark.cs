namespace RobustMQ.Records.Consumers;

/// <summary>What belongs to one delivered record besides the record.</summary>
/// <param name="Sequence">
/// Number of the record among all that this consumer has handed out, from 1, given at its first delivery and the same at every further one: a stable short name of a pending record
/// (an MQTT session makes its packet identifiers of it).
/// </param>
/// <param name="DeliveryCount">From 1; more than 1: it was delivered before.</param>
/// <param name="Note">Of the last <see cref="AckKind.Progress"/> with one; 0: none.</param>
/// <param name="FirstBinding">Where in <see cref="Deliveries.BindingIds"/> the ids of its bindings begin.</param>
/// <param name="BindingCount">0: no binding matches any more (it was removed meanwhile).</param>
public readonly record struct DeliveryMark(long Sequence, int DeliveryCount, long Note, int FirstBinding, int BindingCount);
