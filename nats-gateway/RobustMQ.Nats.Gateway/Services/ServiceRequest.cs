using System.Buffers;
using RobustMQ.Nats.Gateway.Connections;
using RobustMQ.Nats.Gateway.Subscriptions;
using RobustMQ.Nats.Protocol;

namespace RobustMQ.Nats.Gateway.Services;

/// <summary>One publish to a service: a copy of its bytes in pooled memory, and whose it is. Whoever began it disposes it when it has been served.</summary>
internal sealed class ServiceRequest : IDisposable
{
    private readonly byte[] _buffer;
    private readonly int _subjectLength;
    private readonly int _replyLength;
    private readonly int _headerLength;
    private readonly int _bodyLength;

    /// <param name="source">The input that the command's slices and <paramref name="commandStart"/> refer to.</param>
    public ServiceRequest(in NatsCommand command, ReadOnlySpan<byte> source, int commandStart, NatsConnection connection, CancellationToken clientGone)
    {
        Connection = connection;
        Account = connection.Identity!.Account;
        ClientGone = clientGone;
        _subjectLength = command.Subject.Length;
        _replyLength = command.ReplyTo.Length;
        _headerLength = command.HeaderLength;
        _bodyLength = command.BodyLength;
        _buffer = ArrayPool<byte>.Shared.Rent(SizeBytes);
        command.Subject.CopyTo(_buffer);
        command.ReplyTo.CopyTo(_buffer.AsSpan(_subjectLength));
        source.Slice(commandStart + command.BodyStart, _bodyLength).CopyTo(_buffer.AsSpan(_subjectLength + _replyLength));
    }

    /// <summary>The client that asked. It may be gone by the time of the answer.</summary>
    public NatsConnection Connection { get; }

    /// <summary>The client's when it asked.</summary>
    public NatsAccount Account { get; }

    /// <summary>Nobody waits for the answer any more.</summary>
    public CancellationToken ClientGone { get; }

    /// <summary>The client waits for nothing else and has sent nothing behind it: the thread that reads it may wait for the answer.</summary>
    public bool IsAlone { get; init; }

    public ReadOnlyMemory<byte> Subject => _buffer.AsMemory(0, _subjectLength);

    /// <summary>Empty: no answer is wanted.</summary>
    public ReadOnlyMemory<byte> ReplyTo => _buffer.AsMemory(_subjectLength, _replyLength);

    /// <summary>The NATS header block; empty where there is none.</summary>
    public ReadOnlyMemory<byte> Headers => _buffer.AsMemory(_subjectLength + _replyLength, _headerLength);

    public ReadOnlyMemory<byte> Payload => _buffer.AsMemory(_subjectLength + _replyLength + _headerLength, _bodyLength - _headerLength);

    public int SizeBytes => _subjectLength + _replyLength + _bodyLength;

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);
}
