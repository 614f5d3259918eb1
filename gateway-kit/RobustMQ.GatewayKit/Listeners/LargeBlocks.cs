using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace RobustMQ.GatewayKit.Listeners;

/// <summary>
/// Memory for the pipes of connections whose messages are large. Kestrel's own blocks have 4 KiB, and every one costs a call of the operating system: a megabyte would take
/// 256 of them. A connection holds a block only while bytes are in it.
/// </summary>
internal sealed class LargeBlocks(int blockBytes) : IMemoryPoolFactory<byte>
{
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new Pool(blockBytes);

    private sealed class Pool(int blockBytes) : MemoryPool<byte>
    {
        public override int MaxBufferSize => blockBytes;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1) => Shared.Rent(Math.Max(minBufferSize, blockBytes));

        protected override void Dispose(bool disposing)
        {
        }
    }
}
