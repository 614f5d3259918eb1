using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Packets;

namespace RobustMQ.Mqtt.Gateway.Connections;

/// <summary>
/// One client's end of its transport: messages go straight into the transport's pipe, and what they come to is counted. While the client takes nothing, answers are held back here.
/// Guarded by <see cref="Outbound"/>.
/// </summary>
internal sealed class ClientPipe(PipeWriter writer)
{
    private ArrayBufferWriter<byte>? _held;
    private Task? _congestion;

    /// <summary>Messages sent to this client.</summary>
    public long Messages { get; private set; }

    /// <summary>Bytes of their packets.</summary>
    public long Bytes { get; private set; }

    /// <summary>Messages that this client did not get because it was too slow.</summary>
    public long Dropped { get; private set; }

    /// <summary>Completes when the client takes bytes again; null while it does. Read by anybody.</summary>
    public Task? Congestion
    {
        get => Volatile.Read(ref _congestion);
        set => Volatile.Write(ref _congestion, value);
    }

    /// <summary>Packets that are no new messages.</summary>
    public long Answers { get; private set; }

    public long AnswerBytes { get; private set; }

    public bool IsClosed { get; private set; }

    /// <summary>A message may be written now.</summary>
    public bool IsOpen => _congestion is null && !IsClosed;

    /// <summary>Writes messages. Only while it is open.</summary>
    public void Send(ReadOnlySpan<byte> packets, int count)
    {
        writer.Write(packets);
        Messages += count;
        Bytes += packets.Length;
    }

    /// <summary>Writes a message under a packet identifier. Only while it is open.</summary>
    /// <param name="idAt">Where the identifier belongs.</param>
    public void Send(ReadOnlySpan<byte> packet, int idAt, ushort packetId)
    {
        Write(writer, packet, idAt, packetId);
        Messages++;
        Bytes += packet.Length;
    }

    /// <summary>Writes a packet that the client gets however slow it is.</summary>
    public void Answer(ReadOnlySpan<byte> packet)
    {
        AnswerTarget.Write(packet);
        Answers++;
        AnswerBytes += packet.Length;
    }

    /// <summary>As above, a message under a packet identifier.</summary>
    /// <param name="idAt">Where the identifier belongs.</param>
    public void Answer(ReadOnlySpan<byte> packet, int idAt, ushort packetId)
    {
        Write(AnswerTarget, packet, idAt, packetId);
        Answers++;
        AnswerBytes += packet.Length;
    }

    /// <summary>Writes a PUBACK, PUBREC, PUBREL or PUBCOMP.</summary>
    public void Answer(PacketType type, MqttVersion version, ushort packetId, ReasonCode reason)
    {
        AnswerBytes += AckPacket.Write(AnswerTarget, type, version, packetId, reason);
        Answers++;
    }

    public void Drop(int count) => Dropped += count;

    public ValueTask<FlushResult> FlushAsync() => writer.FlushAsync();

    /// <summary>The client takes bytes again: what was held back goes first.</summary>
    public void WriteHeld()
    {
        if (_held is not { WrittenCount: > 0 } held)
            return;
        writer.Write(held.WrittenSpan);
        _held = null;
    }

    /// <summary>Nothing is written from here on.</summary>
    public void Close()
    {
        IsClosed = true;
        // Whoever waits for the client waits no longer.
        if (_congestion is not null)
            writer.CancelPendingFlush();
    }

    private IBufferWriter<byte> AnswerTarget => _congestion is null ? writer : _held ??= new ArrayBufferWriter<byte>();

    private static void Write(IBufferWriter<byte> writer, ReadOnlySpan<byte> packet, int idAt, ushort packetId)
    {
        var target = writer.GetSpan(packet.Length);
        packet.CopyTo(target);
        BinaryPrimitives.WriteUInt16BigEndian(target[idAt..], packetId);
        writer.Advance(packet.Length);
    }
}
