namespace RobustMQ.Records.Live;

/// <summary>What another feed wants. A null <paramref name="Queue"/> is a plain subscription; a weight of 0 means it is gone.</summary>
public readonly record struct PeerInterest(SubscriberId Subscriber, Namespace Namespace, SubjectFilter Filter, string? Queue, int Weight);
