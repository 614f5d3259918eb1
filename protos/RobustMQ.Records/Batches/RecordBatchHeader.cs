using static System.Buffers.Binary.BinaryPrimitives;

namespace RobustMQ.Records.Batches;

/// <summary>
/// Reads and stamps the 61 bytes in front of a batch's records (Kafka protocol, "Record Batch", magic 2). All integers big-endian.
/// <code>
///  0 base offset        i64 | 8 length i32 (bytes after this field) | 12 partition leader epoch i32 | 16 magic i8 = 2
/// 17 crc                u32 (CRC-32C of everything from byte 21) | 21 attributes i16 | 23 last offset delta i32
/// 27 base timestamp     i64 | 35 max timestamp i64 | 43 producer id i64 | 51 producer epoch i16 | 53 base sequence i32
/// 57 record count       i32 | 61 records
/// </code>
/// The properties do not check the length: the caller has at least <see cref="Size"/> bytes.
/// </summary>
public readonly ref struct RecordBatchHeader(ReadOnlySpan<byte> batch)
{
    public const int Size = 61;

    /// <summary>Bytes in front of those that the length field counts.</summary>
    public const int LengthPrefixSize = 12;

    public const int CrcCoveredFrom = 21;

    public const byte CurrentMagic = 2;

    public const short CompressionMask = 0x07;
    public const short LogAppendTimeFlag = 0x08;
    public const short TransactionalFlag = 0x10;
    public const short ControlFlag = 0x20;

    internal const int LengthAt = 8;
    internal const int LeaderEpochAt = 12;
    internal const int MagicAt = 16;
    internal const int CrcAt = 17;
    internal const int AttributesAt = 21;
    internal const int LastOffsetDeltaAt = 23;
    internal const int BaseTimestampAt = 27;
    internal const int MaxTimestampAt = 35;
    internal const int ProducerIdAt = 43;
    internal const int ProducerEpochAt = 51;
    internal const int BaseSequenceAt = 53;
    internal const int RecordCountAt = 57;

    private readonly ReadOnlySpan<byte> _batch = batch;

    public Offset BaseOffset => new(ReadInt64BigEndian(_batch));

    /// <summary>Bytes of the whole batch, this header included.</summary>
    public long TotalBytes => (long)ReadInt32BigEndian(_batch[LengthAt..]) + LengthPrefixSize;

    public Epoch LeaderEpoch => new(ReadInt32BigEndian(_batch[LeaderEpochAt..]));

    public byte Magic => _batch[MagicAt];

    public uint Crc => ReadUInt32BigEndian(_batch[CrcAt..]);

    public short Attributes => ReadInt16BigEndian(_batch[AttributesAt..]);

    /// <summary>Belongs to a transaction of its producer: committed or aborted by the control batch that ends it.</summary>
    public bool IsTransactional => (Attributes & TransactionalFlag) != 0;

    /// <summary>Holds one record that is nobody's message: <see cref="TransactionMarker"/>.</summary>
    public bool IsControl => (Attributes & ControlFlag) != 0;

    public Compression Compression => (Compression)(Attributes & CompressionMask);

    public int LastOffsetDelta => ReadInt32BigEndian(_batch[LastOffsetDeltaAt..]);

    public Offset LastOffset => BaseOffset + LastOffsetDelta;

    /// <summary>Unix milliseconds that the records' timestamp deltas count from.</summary>
    public long BaseTimestampMs => ReadInt64BigEndian(_batch[BaseTimestampAt..]);

    /// <summary>Unix milliseconds, the greatest of the batch; with <see cref="LogAppendTimeFlag"/> the time of every record in it.</summary>
    public long MaxTimestampMs => ReadInt64BigEndian(_batch[MaxTimestampAt..]);

    /// <summary>-1 where the producer is not idempotent.</summary>
    public long ProducerId => ReadInt64BigEndian(_batch[ProducerIdAt..]);

    public short ProducerEpoch => ReadInt16BigEndian(_batch[ProducerEpochAt..]);

    /// <summary>Sequence number of the first record, -1 without a producer id; wraps from <see cref="int.MaxValue"/> to 0.</summary>
    public int BaseSequence => ReadInt32BigEndian(_batch[BaseSequenceAt..]);

    public int RecordCount => ReadInt32BigEndian(_batch[RecordCountAt..]);

    /// <summary>Sets where the log put the batch. Neither field lies in the checksummed range.</summary>
    public static void Stamp(Span<byte> batch, Offset baseOffset, Epoch leaderEpoch)
    {
        WriteInt64BigEndian(batch, baseOffset.Value);
        WriteInt32BigEndian(batch[LeaderEpochAt..], leaderEpoch.Value);
    }

    /// <summary>Makes a batch part of a producer's sequence, and seals it again. The caller owns the bytes.</summary>
    public static void Assign(Span<byte> batch, ProducerState producer)
    {
        WriteInt64BigEndian(batch[ProducerIdAt..], producer.ProducerId);
        WriteInt16BigEndian(batch[ProducerEpochAt..], producer.Epoch);
        WriteInt32BigEndian(batch[BaseSequenceAt..], producer.BaseSequence);
        Seal(batch);
    }

    /// <summary>Recomputes the checksum after a change of a covered byte.</summary>
    public static void Seal(Span<byte> batch) =>
        WriteUInt32BigEndian(batch[CrcAt..], Crc32C.Compute(batch[CrcCoveredFrom..]));
}
