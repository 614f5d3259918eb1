using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RobustMQ.Records.Batches;

/// <summary>
/// CRC-32C by folding. Sixteen bytes, taken as a polynomial over GF(2), are multiplied by x^d mod P, with two carry-less multiplications, and added to the sixteen bytes d bits behind them: the
/// remainder by P stays what it was. Four vectors of two such blocks are folded at once. Beside them three lanes go through the checksum instruction, which other parts of the processor execute, so
/// that both go on at full speed; a block's parts are brought together at its end.
/// <code>
/// block of 3,200 bytes:  0 folded, 16 x 128 | 2048 lane, 384 | 2432 lane, 384 | 2816 lane, 384
/// </code>
/// A bit-reflected product is x times too small, and the instruction adds x^32: the powers below are smaller by those 33.
/// </summary>
internal static class Crc32CFolding
{
    /// <summary>Shorter inputs gain nothing.</summary>
    public const int BytesMin = 256;

    private const int RoundBytes = 128;
    private const int Rounds = 16;
    private const int LaneRoundBytes = 3 * sizeof(ulong);
    private const int LaneBytes = Rounds * LaneRoundBytes;
    private const int LanesAt = Rounds * RoundBytes;
    private const int BlockBytes = LanesAt + (3 * LaneBytes);
    private const uint Polynomial = 0x82F63B78;

    private static readonly Vector128<ulong> Fold16 = FoldBy(16);
    private static readonly Vector256<ulong> Fold32 = Vector256.Create(FoldBy(32), FoldBy(32));
    private static readonly Vector256<ulong> FoldRound = Vector256.Create(FoldBy(RoundBytes), FoldBy(RoundBytes));
    private static readonly Vector128<ulong> ZerosBehindBlock = ShiftBy(BlockBytes);
    private static readonly Vector128<ulong> ZerosBehindFolded = ShiftBy(3 * LaneBytes);
    private static readonly Vector128<ulong> ZerosBehindFirst = ShiftBy(2 * LaneBytes);
    private static readonly Vector128<ulong> ZerosBehindSecond = ShiftBy(LaneBytes);

    public static bool IsSupported => Pclmulqdq.V256.IsSupported && Sse42.X64.IsSupported;

    /// <summary>A checksum, not inverted, with more bytes behind it. Compiled for speed at once: as it is compiled first otherwise it takes thirty times as long.</summary>
    /// <param name="bytes">At least <see cref="BytesMin"/>; what is left to add when this returns.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static uint Add(uint crc, ref ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= BlockBytes; bytes = bytes[BlockBytes..])
            crc = AddBlock(crc, ref MemoryMarshal.GetReference(bytes));
        var rounds = bytes.Length / RoundBytes;
        if (rounds < BytesMin / RoundBytes)
            return crc;
        ref var from = ref MemoryMarshal.GetReference(bytes);
        var power = FoldRound;
        var folded = new Folded(ref from);
        folded.Add(crc);
        for (var round = 1; round < rounds; round++)
            folded.Fold(ref Unsafe.Add(ref from, round * RoundBytes), power);
        bytes = bytes[(rounds * RoundBytes)..];
        return folded.Reduce();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static uint AddBlock(uint crc, ref byte block)
    {
        ref var lane = ref Unsafe.Add(ref block, LanesAt);
        var power = FoldRound;
        var folded = new Folded(ref block);
        var (first, second, third) = (0UL, 0UL, 0UL);
        AddLanes(ref lane, ref first, ref second, ref third);
        for (var round = 1; round < Rounds; round++)
        {
            lane = ref Unsafe.Add(ref lane, LaneRoundBytes);
            AddLanes(ref lane, ref first, ref second, ref third);
            folded.Fold(ref Unsafe.Add(ref block, round * RoundBytes), power);
        }
        var sum = Shift(crc, ZerosBehindBlock) ^ Shift(folded.Reduce(), ZerosBehindFolded) ^ Shift(first, ZerosBehindFirst) ^ Shift(second, ZerosBehindSecond);
        return (uint)(Sse42.X64.Crc32(0, sum.ToScalar()) ^ third);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddLanes(ref byte lane, ref ulong first, ref ulong second, ref ulong third)
    {
        for (var word = 0; word < LaneRoundBytes; word += sizeof(ulong))
        {
            first = Sse42.X64.Crc32(first, Word(ref lane, word));
            second = Sse42.X64.Crc32(second, Word(ref lane, LaneBytes + word));
            third = Sse42.X64.Crc32(third, Word(ref lane, (2 * LaneBytes) + word));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Word(ref byte lane, int at) => Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref lane, at));

    /// <summary>What a checksum gives, once the instruction has taken it, for as many zeros behind it as the power says.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Shift(ulong crc, Vector128<ulong> power) => Pclmulqdq.CarrylessMultiply(Vector128.CreateScalar(crc), power, 0x00);

    private static Vector128<ulong> ShiftBy(int bytes) => Vector128.CreateScalar((ulong)Power((8 * bytes) - 33));

    /// <summary>The first eight of sixteen bytes are multiplied by the lower power: x^64 lies between them and the others.</summary>
    private static Vector128<ulong> FoldBy(int bytes) => Vector128.Create((ulong)Power((8 * bytes) + 64 - 33), Power((8 * bytes) - 33));

    /// <summary>x^n mod P, bit-reflected.</summary>
    private static uint Power(int n)
    {
        var power = 0x80000000;
        for (; n > 0; n--)
            power = (power & 1) != 0 ? (power >> 1) ^ Polynomial : power >> 1;
        return power;
    }

    /// <summary>128 bytes that stand for all that were folded into them.</summary>
    private ref struct Folded(ref byte from)
    {
        private Vector256<ulong> _first = Load(ref from, 0);
        private Vector256<ulong> _second = Load(ref from, 32);
        private Vector256<ulong> _third = Load(ref from, 64);
        private Vector256<ulong> _fourth = Load(ref from, 96);

        /// <summary>A checksum of what came before the first byte.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(uint crc) => _first ^= Vector256.CreateScalar((ulong)crc);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Fold(ref byte next, Vector256<ulong> power)
        {
            _first = Onto(Load(ref next, 0), _first, power);
            _second = Onto(Load(ref next, 32), _second, power);
            _third = Onto(Load(ref next, 64), _third, power);
            _fourth = Onto(Load(ref next, 96), _fourth, power);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly uint Reduce()
        {
            var all = Onto(_fourth, Onto(_third, Onto(_second, _first, Fold32), Fold32), Fold32);
            var lower = all.GetLower();
            var last = Pclmulqdq.CarrylessMultiply(lower, Fold16, 0x00) ^ Pclmulqdq.CarrylessMultiply(lower, Fold16, 0x11) ^ all.GetUpper();
            return (uint)Sse42.X64.Crc32(Sse42.X64.Crc32(0, last.GetElement(0)), last.GetElement(1));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<ulong> Onto(Vector256<ulong> behind, Vector256<ulong> blocks, Vector256<ulong> power) =>
            Pclmulqdq.V256.CarrylessMultiply(blocks, power, 0x00) ^ Pclmulqdq.V256.CarrylessMultiply(blocks, power, 0x11) ^ behind;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<ulong> Load(ref byte from, int at) => Unsafe.ReadUnaligned<Vector256<ulong>>(ref Unsafe.Add(ref from, at));
    }
}
