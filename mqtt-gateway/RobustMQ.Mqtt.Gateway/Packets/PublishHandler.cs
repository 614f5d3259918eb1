using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Unicode;
using RobustMQ.Mqtt.Gateway.Connections;
using RobustMQ.Mqtt.Gateway.Delivery;
using RobustMQ.Mqtt.Gateway.Names;
using RobustMQ.Mqtt.Gateway.Sessions;
using RobustMQ.Mqtt.Protocol;
using RobustMQ.Mqtt.Protocol.Packets;
using RobustMQ.Mqtt.Protocol.Properties;

namespace RobustMQ.Mqtt.Gateway.Packets;

/// <summary>PUBLISH (5.0 section 3.3).</summary>
internal sealed class PublishHandler(MqttGatewayState gateway, MqttSession session)
{
    private readonly PublishTargetCache _targets = new();
    private readonly TopicAliases _aliases = new(gateway.Options.TopicAliasMaximum);

    /// <returns>False where the connection is closing.</returns>
    public bool Run(in Frame frame, ReadOnlySpan<byte> source, int packetStart)
    {
        var connection = session.Connection;
        var reason = PublishPacket.TryRead(frame.Flags, source.Slice(packetStart + frame.HeaderLength, frame.BodyLength), connection.Version, out var packet);
        if (reason != ReasonCode.Success)
            return Fail(reason, source);
        var topic = packet.Topic;
        var facts = default(PublishFacts);
        if (!packet.Properties.IsEmpty)
            facts = PublishFacts.Of(packet.Properties);
        if (facts.Alias > 0 || topic.IsEmpty)
        {
            reason = _aliases.Resolve(facts.Alias, ref topic);
            if (reason != ReasonCode.Success)
                return Fail(reason, source);
        }
        var target = TargetOf(topic, source);
        // A wildcard, or more levels than are served: the client is told why it loses its connection.
        if (!target.IsValid)
            return Fail(ReasonCode.TopicNameInvalid, source);
        if (packet.Qos > 0 && !TryBegin(packet, source, out var goesOn))
            return goesOn;
        reason = Check(packet, target, facts);
        if (reason != ReasonCode.Success)
        {
            Answer(packet, reason, source);
            return true;
        }
        session.Publisher.Add(
            new PublishToRun
            {
                Target = target,
                Message = MessageOf(frame, source, packetStart, packet, facts),
                Qos = packet.Qos,
                Retain = packet.Retain,
                CanCopy = packet.Qos == 0 && !packet.Retain && facts.Alias == 0 && !target.IsRenamed,
            },
            source);
        return true;
    }

    /// <summary>Publishes what the client left behind.</summary>
    public void RunWill(Will will)
    {
        var bytes = new byte[PublishPacket.SizeMax(will.Topic.Length, will.Properties.Length, will.Payload.Length)];
        var version = session.Connection.Version;
        // Nobody answers to this one, and no client's identifier is used up.
        var flags = PublishFlags.Of(will.Qos, will.Retain);
        var length = PublishPacket.Write(bytes, version, flags, will.Topic, 1, will.Properties, will.Payload);
        var source = bytes.AsSpan(0, length);
        FrameReader.TryRead(source, length, out var frame);
        if (PublishPacket.TryRead(frame.Flags, source[frame.HeaderLength..], version, out var packet) != ReasonCode.Success)
            return;
        var target = TargetOf(packet.Topic, default);
        if (!target.IsValid || !IsAllowed(target))
            return;
        session.Publisher.BeginSource();
        session.Publisher.Add(
            new PublishToRun
            {
                Target = target,
                Message = MessageOf(frame, source, 0, packet, PublishFacts.Of(packet.Properties)),
                Qos = packet.Qos,
                Retain = packet.Retain,
                CanCopy = packet.Qos == 0 && !packet.Retain && !target.IsRenamed,
            },
            source);
        session.Publisher.EndRun(source);
    }

    private static RunMessage MessageOf(in Frame frame, ReadOnlySpan<byte> source, int packetStart, in PublishPacket packet, in PublishFacts facts) => new()
    {
        PacketStart = packetStart,
        PacketLength = frame.TotalLength,
        PropertiesStart = StartOf(packet.Properties.Encoded, source),
        PropertiesLength = packet.Properties.Encoded.Length,
        PayloadStart = StartOf(packet.Payload, source),
        PayloadLength = packet.Payload.Length,
        AliasAt = facts.Alias > 0 ? facts.AliasAt : -1,
        ExpiryAt = facts.ExpiryAt,
        PacketId = packet.PacketId,
    };

    private static int StartOf(ReadOnlySpan<byte> part, ReadOnlySpan<byte> source) =>
        part.IsEmpty ? 0 : (int)Unsafe.ByteOffset(ref MemoryMarshal.GetReference(source), ref MemoryMarshal.GetReference(part));

    private PublishTarget TargetOf(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> source)
    {
        if (_targets.TryFind(topic, out var target, out var slot))
            return target;
        var delaySeconds = 0L;
        // The place that is taken may be that of the run's target.
        session.Publisher.EndRun(source);
        var client = session.Connection.Client!;
        var name = topic;
        var isValid = MqttTopics.IsName(topic, gateway.Options.TopicLevelsMax) && DelayedTopic.TryTake(ref name, out delaySeconds);
        if (isValid && gateway.Rewrites.HasPublishes && gateway.Rewrites.Publish(name, client.ClientId, client.Identity.Name) is { } renamed)
        {
            name = renamed;
            isValid = MqttTopics.IsName(name, gateway.Options.TopicLevelsMax);
        }
        var subject = ArrayPool<byte>.Shared.Rent(TopicMapping.SubjectBytesMax(name.Length));
        isValid &= gateway.Mapping.TryToSubject(name, subject, out var written);
        target = _targets.Replace(slot, topic, name, isValid ? subject.AsSpan(0, written) : default);
        ArrayPool<byte>.Shared.Return(subject);
        target.DelaySeconds = delaySeconds;
        target.IsAllowed = false;
        return target;
    }

    /// <summary>What was allowed is for as long as the connection lasts; what was not may be by now.</summary>
    private bool IsAllowed(PublishTarget target)
    {
        if (target.IsAllowed)
            return true;
        // What the server says about itself nobody else says.
        target.IsAllowed = !target.Topic.StartsWith("$SYS/"u8) && (session.Connection.Client!.Identity.Permissions is not { } permissions || permissions.CanPublish(target.Subject));
        return target.IsAllowed;
    }

    /// <summary>QoS 1 and 2: what is a repeat is only answered.</summary>
    private bool TryBegin(in PublishPacket packet, ReadOnlySpan<byte> source, out bool goesOn)
    {
        goesOn = true;
        switch (session.Connection.Inbound.Begin(packet.Qos, packet.PacketId))
        {
            case InboundOutcome.New:
                return true;
            case InboundOutcome.Repeated:
                session.Publisher.EndRun(source);
                session.Publisher.Acks.Add(new PendingAck(new PublishAck(PacketType.PubRec, packet.PacketId)));
                return false;
            default:
                goesOn = Fail(ReasonCode.ReceiveMaximumExceeded, source);
                return false;
        }
    }

    private ReasonCode Check(in PublishPacket packet, PublishTarget target, in PublishFacts facts)
    {
        if (!IsAllowed(target))
            return ReasonCode.NotAuthorized;
        return facts.IsText && !Utf8.IsValid(packet.Payload) ? ReasonCode.PayloadFormatInvalid : ReasonCode.Success;
    }

    /// <summary>Not delivered. Before 5.0 there are no words for it, and the answer is as if it were (3.1.1 section 3.3.5).</summary>
    private void Answer(in PublishPacket packet, ReasonCode reason, ReadOnlySpan<byte> source)
    {
        if (packet.Qos == 0)
            return;
        session.Publisher.EndRun(source);
        var type = packet.Qos == 1 ? PacketType.PubAck : PacketType.PubRec;
        session.Publisher.Acks.Add(new PendingAck(new PublishAck(type, packet.PacketId, session.Connection.Version == MqttVersion.V5 ? reason : ReasonCode.Success)));
    }

    private bool Fail(ReasonCode reason, ReadOnlySpan<byte> source)
    {
        session.Publisher.EndRun(source);
        session.Connection.Close(CloseReason.Wrong(reason));
        return false;
    }
}
