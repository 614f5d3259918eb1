using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Consumers.Core;
using RobustMQ.Storage.Consumers.Journal;
using RobustMQ.Storage.Consumers.Offsets;

namespace RobustMQ.Storage.Consumers;

/// <summary>What the journal holds, as it is read at a start.</summary>
internal sealed class LoadedConsumers(int pendingMax)
{
    private readonly Dictionary<byte[], LoadedConsumer> _consumers = new(KeyComparer.Instance);
    private readonly Dictionary<byte[], LoadedGroup> _groups = new(KeyComparer.Instance);

    public IEnumerable<LoadedConsumer> Consumers => _consumers.Values;

    public IEnumerable<LoadedGroup> Groups => _groups.Values;

    /// <exception cref="StorageException">It cannot be read; nothing was changed.</exception>
    public static async ValueTask<LoadedConsumers> ReadAsync(ConsumerJournal journal, int pendingMax)
    {
        var loaded = new LoadedConsumers(pendingMax);
        await journal.LoadAsync(loaded.Take).ConfigureAwait(false);
        return loaded;
    }

    public void Take(long offset, ReadOnlySpan<byte> key, JournalForm form, ReadOnlySpan<byte> value)
    {
        if (JournalKeys.IsGroup(key))
            TakeGroup(offset, key.ToArray(), form, value);
        else
            TakeConsumer(offset, key.ToArray(), form, value);
    }

    private void TakeConsumer(long offset, byte[] key, JournalForm form, ReadOnlySpan<byte> value)
    {
        if (form == JournalForm.Snapshot)
        {
            var (machine, revision, createdMs) = ConsumerSnapshot.Read(value, pendingMax);
            _consumers[key] = new LoadedConsumer(key, machine, revision, createdMs, offset, value.Length);
        }
        else if (form == JournalForm.Gone)
        {
            _consumers.Remove(key);
        }
        else if (_consumers.TryGetValue(key, out var consumer))
        {
            // Changes whose snapshot was cut off belong to somebody who is gone since.
            ConsumerSnapshot.Replay(value, consumer.Machine);
        }
    }

    private void TakeGroup(long offset, byte[] key, JournalForm form, ReadOnlySpan<byte> value)
    {
        if (form == JournalForm.Gone)
        {
            _groups.Remove(key);
            return;
        }
        if (form == JournalForm.Snapshot)
        {
            var (ns, group) = JournalKeys.Parse(key);
            _groups[key] = new LoadedGroup(new CommittedOffsets(ns, group, key), offset, value.Length);
        }
        if (_groups.TryGetValue(key, out var present))
            present.Offsets.Load(value, form == JournalForm.Snapshot);
    }

    private sealed class KeyComparer : IEqualityComparer<byte[]>
    {
        public static readonly KeyComparer Instance = new();

        public bool Equals(byte[]? left, byte[]? right) => left.AsSpan().SequenceEqual(right);

        public int GetHashCode(byte[] key)
        {
            var hash = default(HashCode);
            hash.AddBytes(key);
            return hash.ToHashCode();
        }
    }
}

internal sealed record LoadedConsumer(byte[] Key, ConsumerMachine Machine, long Revision, long CreatedMs, long SnapshotOffset, int SnapshotBytes)
{
    public ConsumerRef Ref => Machine.Spec.Consumer;
}

internal sealed record LoadedGroup(CommittedOffsets Offsets, long SnapshotOffset, int SnapshotBytes);
