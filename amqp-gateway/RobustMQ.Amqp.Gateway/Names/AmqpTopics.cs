using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using RobustMQ.Records;

namespace RobustMQ.Amqp.Gateway.Names;

/// <summary>Which topics AMQP keeps its messages and definitions in, and under which subjects (docs/protocols/amqp.md).</summary>
internal static class AmqpTopics
{
    private const int PlainNameMax = 200;

    private static readonly SearchValues<char> Plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>One record a queue, exchange or binding.</summary>
    public static TopicName Definitions { get; } = TopicName.Parse("_amqp.definitions");

    public const string DefinitionsSubject = "$amqp.definitions";

    /// <summary>What queues with a dead-letter exchange have given up, until a gateway has routed it.</summary>
    public static TopicName DeadLetters { get; } = TopicName.Parse("_amqp.dead");

    public const string DeadLetterSubjectPrefix = "$amqp.dead.";

    /// <summary>What transactions publish to durable queues whose messages lie in several logs: one batch each.</summary>
    public static TopicName Transactions { get; } = TopicName.Parse("_amqp.tx");

    public const string TransactionSubjectPrefix = "$amqp.tx.";

    /// <summary>What is published to one queue rather than to an exchange whose messages queues share.</summary>
    public static TopicName OfQueue(string queue) => TopicName.Parse("_amqp.q." + Suffix(queue));

    /// <summary>What is published to an exchange, once for all queues of one kind.</summary>
    public static TopicName OfExchange(string exchange, bool durable) => TopicName.Parse((durable ? "_amqp.x." : "_amqp.t.") + Suffix(exchange));

    public static string SubjectOfQueue(string queue) => "$amqp.q." + AmqpNames.Token(queue);

    /// <summary>Of a queue's records in <see cref="Transactions"/>.</summary>
    public static string SubjectInTransactions(string queue) => TransactionSubjectPrefix + AmqpNames.Token(queue);

    /// <summary>Before the routing key's own tokens.</summary>
    public static string SubjectPrefixOfExchange(string exchange, bool durable) => (durable ? "$amqp.x." : "$amqp.t.") + AmqpNames.Token(exchange) + ".";

    /// <summary>Topic names hold less than queue names may: other ones become a hash, which no plain name can be taken for.</summary>
    private static string Suffix(string name) =>
        name.Length is > 0 and <= PlainNameMax && !name.AsSpan().ContainsAnyExcept(Plain)
            ? "n." + name
            : "h." + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
}
