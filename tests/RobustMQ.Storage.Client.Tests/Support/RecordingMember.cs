using System.Text;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;

namespace RobustMQ.Storage.Client.Tests.Support;

/// <summary>Remembers what a membership brought.</summary>
internal sealed class RecordingMember : IConsumerReceiver
{
    private readonly List<Delivered> _delivered = [];
    private readonly List<string> _events = [];
    private readonly SemaphoreSlim _changed = new(0);

    public IReadOnlyList<Delivered> Delivered
    {
        get
        {
            lock (_delivered)
                return [.. _delivered];
        }
    }

    public IReadOnlyList<string> Events
    {
        get
        {
            lock (_delivered)
                return [.. _events];
        }
    }

    public string Values => string.Join(' ', Delivered.Select(one => one.Value));

    public async Task<IReadOnlyList<Delivered>> WaitForAsync(int count)
    {
        while (Delivered.Count < count)
            Assert.True(await _changed.WaitAsync(Limits.Deadline), $"{Delivered.Count} of {count} came: {Values}");
        return Delivered;
    }

    public async Task WaitForEventAsync(string name)
    {
        while (true)
        {
            lock (_delivered)
            {
                if (_events.Contains(name))
                    return;
            }
            Assert.True(await _changed.WaitAsync(Limits.Deadline), $"{name} did not come");
        }
    }

    public void OnJoined(in MemberJoined joined) => Note($"joined {joined.IsActive}");

    public void OnActive(bool isActive) => Note($"active {isActive}");

    public void OnLeft(ErrorCode reason) => Note($"left {reason}");

    public void OnDeliveries(in Deliveries deliveries)
    {
        lock (_delivered)
            _delivered.AddRange(Read(deliveries));
        _changed.Release();
    }

    public static List<Delivered> Read(in Deliveries deliveries)
    {
        var read = new List<Delivered>();
        using var reader = new DeliveryReader(deliveries);
        while (reader.MoveNext())
            read.Add(new Delivered(Encoding.UTF8.GetString(reader.Current.Value), reader.Id, reader.Mark, [.. reader.BindingIds.ToArray()]));
        Assert.False(reader.IsMalformed);
        return read;
    }

    private void Note(string name)
    {
        lock (_delivered)
            _events.Add(name);
        _changed.Release();
    }
}

/// <summary>One delivery as it came.</summary>
internal sealed record Delivered(string Value, DeliveryId Id, DeliveryMark Mark, int[] Bindings);
