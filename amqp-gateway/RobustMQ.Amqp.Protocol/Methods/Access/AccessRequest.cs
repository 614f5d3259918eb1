namespace RobustMQ.Amqp.Protocol.Methods;

/// <summary><c>access.request</c> (30, 10): <c>realm shortstr | exclusive bit | passive bit | active bit | may-write bit | may-read bit</c>. Sent by clients.</summary>
public readonly ref struct AccessRequest : IAmqpMethod<AccessRequest>
{
    public static MethodId Id => MethodId.AccessRequest;

    public ReadOnlySpan<byte> Realm { get; init; }

    public bool Exclusive { get; init; }

    public bool Passive { get; init; }

    public bool Active { get; init; }

    public bool MayWrite { get; init; }

    public bool MayRead { get; init; }

    public int Size => 2 + Realm.Length;

    public void Write(ref AmqpWriter writer)
    {
        writer.WriteShortString(Realm);
        writer.WriteByte((byte)((Exclusive ? 1 : 0) | (Passive ? 2 : 0) | (Active ? 4 : 0) | (MayWrite ? 8 : 0) | (MayRead ? 16 : 0)));
    }

    public static bool TryRead(ReadOnlySpan<byte> payload, out AccessRequest method)
    {
        var reader = new AmqpReader(payload);
        var realm = reader.ReadShortString();
        var bits = reader.ReadByte();
        method = new AccessRequest
        {
            Realm = realm,
            Exclusive = (bits & 1) != 0,
            Passive = (bits & 2) != 0,
            Active = (bits & 4) != 0,
            MayWrite = (bits & 8) != 0,
            MayRead = (bits & 16) != 0,
        };
        return reader.IsWhole;
    }
}
