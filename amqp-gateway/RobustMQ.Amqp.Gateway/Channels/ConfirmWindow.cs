using RobustMQ.Amqp.Gateway.Connections;
using RobustMQ.Amqp.Protocol.Methods;

namespace RobustMQ.Amqp.Gateway.Channels;

/// <summary>
/// The messages that a channel in confirm mode has published and that are not confirmed yet, by sequence number. A message may be stored in several parts; it is confirmed when all of them are,
/// in the order of publishing, many at once where they are ready together. Thread-safe.
/// </summary>
internal sealed class ConfirmWindow(ushort channel, Outbound outbound)
{
    private const int Failed = int.MinValue;

    private readonly Lock _lock = new();
    private int[] _ring = new int[64];
    private ulong _first = 1;
    private ulong _next = 1;
    private bool _isOver;

    /// <param name="parts">0: there is nothing to wait for.</param>
    /// <returns>The message's number.</returns>
    public ulong Begin(int parts)
    {
        lock (_lock)
        {
            if (_next - _first == (ulong)_ring.Length)
                Grow();
            var number = _next++;
            _ring[Index(number)] = parts;
            if (parts == 0)
                Confirm();
            return number;
        }
    }

    /// <summary>One part is stored, or not. The publisher is told by <see cref="Tell"/>.</summary>
    public void Complete(ulong number, bool isStored)
    {
        lock (_lock)
        {
            ref var left = ref _ring[Index(number)];
            left--;
            if (!isStored)
                left |= Failed;
        }
    }

    /// <summary>Confirms what is complete, up to the first message that is not: after the last part of those that came together. The caller flushes.</summary>
    public void Tell()
    {
        lock (_lock)
            Confirm();
    }

    /// <summary>The channel is closed: nothing is written any more.</summary>
    public void End()
    {
        lock (_lock)
            _isOver = true;
    }

    private void Confirm()
    {
        while (_first < _next)
        {
            var outcome = _ring[Index(_first)];
            if ((outcome & int.MaxValue) != 0)
                return;
            var last = _first;
            while (last + 1 < _next && _ring[Index(last + 1)] == outcome)
                last++;
            Write(last, isMultiple: last > _first, isStored: outcome == 0);
            _first = last + 1;
        }
    }

    private void Write(ulong number, bool isMultiple, bool isStored)
    {
        if (_isOver)
            return;
        if (isStored)
            outbound.WriteMethod(channel, new BasicAck { DeliveryTag = number, Multiple = isMultiple });
        else
            outbound.WriteMethod(channel, new BasicNack { DeliveryTag = number, Multiple = isMultiple });
    }

    private void Grow()
    {
        var larger = new int[_ring.Length * 2];
        for (var number = _first; number < _next; number++)
            larger[(int)(number & (ulong)(larger.Length - 1))] = _ring[Index(number)];
        _ring = larger;
    }

    private int Index(ulong number) => (int)(number & (ulong)(_ring.Length - 1));
}
