using RobustMQ.Mqtt.Gateway.Connections;
using RobustMQ.Mqtt.Gateway.Subscriptions;
using RobustMQ.Records.Subjects;

namespace RobustMQ.Mqtt.Gateway.Stored;

/// <summary>The subscriptions of one client whose session outlives its connection, found by subject: what the client gets of a stored record. Thread-safe.</summary>
internal sealed class SessionSubscriptions(MqttConnection connection)
{
    private readonly Lock _lock = new();
    private readonly SubjectTrie<MqttSubscription> _bySubject = new();
    private readonly List<MqttSubscription> _found = [];
    private byte[] _lastSubject = [];
    private int _lastLength = -1;
    private Receiver? _last;
    private int _noLocal;

    /// <summary>Some want nothing back of what the client itself publishes.</summary>
    public bool HasNoLocal => Volatile.Read(ref _noLocal) > 0;

    public void Add(MqttSubscription subscription) => Change(subscription, 1);

    public void Remove(MqttSubscription subscription) => Change(subscription, -1);

    /// <summary>Null: no subscription matches (any more).</summary>
    public Receiver? Find(ReadOnlySpan<byte> subject)
    {
        lock (_lock)
        {
            if (_lastLength == subject.Length && subject.SequenceEqual(_lastSubject.AsSpan(0, _lastLength)))
                return _last;
            _found.Clear();
            _bySubject.Match(subject, _found);
            if (subject[0] == '$')
                _found.RemoveAll(static subscription => subscription.BeginsWithWildcard);
            _last = _found.Count == 0 ? null : Receiver.Of(connection, _found);
            if (_lastSubject.Length < subject.Length)
                _lastSubject = new byte[Math.Max(64, subject.Length)];
            subject.CopyTo(_lastSubject);
            _lastLength = subject.Length;
            return _last;
        }
    }

    private void Change(MqttSubscription subscription, int by)
    {
        // Shared ones have a consumer of their own.
        if (subscription.ShareName is not null)
            return;
        lock (_lock)
        {
            if (by > 0)
                _bySubject.Add(subscription.FilterBytes, subscription);
            else
                _bySubject.Remove(subscription.FilterBytes, subscription);
            if (subscription.Options.NoLocal)
                _noLocal += by;
            _lastLength = -1;
        }
    }
}
