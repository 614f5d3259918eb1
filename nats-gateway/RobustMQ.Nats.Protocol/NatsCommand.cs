namespace RobustMQ.Nats.Protocol;

/// <summary>One command of a client, as slices of the input it was read from.</summary>
public ref struct NatsCommand
{
    /// <summary>Told with every status, as far as it is known: of a line that is not whole or too long only whether it begins a CONNECT.</summary>
    public NatsCommandKind Kind { get; set; }

    /// <summary>Bytes of the whole command, line ends included. With <see cref="ParseStatus.NeedsPayload"/>: the bytes it will have.</summary>
    public int TotalLength { get; set; }

    /// <summary>PUB, HPUB, SUB.</summary>
    public ReadOnlySpan<byte> Subject { get; set; }

    /// <summary>PUB, HPUB: empty where the client wants no reply.</summary>
    public ReadOnlySpan<byte> ReplyTo { get; set; }

    /// <summary>SUB: empty for a plain subscription.</summary>
    public ReadOnlySpan<byte> Queue { get; set; }

    /// <summary>SUB, UNSUB.</summary>
    public ReadOnlySpan<byte> Sid { get; set; }

    /// <summary>UNSUB: 0 means at once.</summary>
    public long MessagesMax { get; set; }

    /// <summary>PUB, HPUB: where headers and payload begin in the input that was given.</summary>
    public int BodyStart { get; set; }

    /// <summary>HPUB: bytes of the header block.</summary>
    public int HeaderLength { get; set; }

    /// <summary>PUB, HPUB: bytes of headers and payload.</summary>
    public int BodyLength { get; set; }

    /// <summary>CONNECT: its JSON.</summary>
    public ReadOnlySpan<byte> Json { get; set; }
}
