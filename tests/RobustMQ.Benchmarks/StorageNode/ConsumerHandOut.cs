using BenchmarkDotNet.Attributes;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Records.Topics;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Consumers.Core;

namespace RobustMQ.Benchmarks.StorageNode;

/// <summary>What a record costs a consumer's machine from the append to its acknowledgement, without the log and without the journal: 1,000 records pushed, handed out to one member and answered.</summary>
public class ConsumerHandOut
{
    private const int Records = 1000;

    private readonly List<Handout> _round = [];
    private readonly PooledBytes _stored = new();
    private ConsumerMachine _machine = null!;
    private LogProgress _log = null!;
    private MemberSlot _member = null!;
    private long _offset;
    private long _nowMs = 1_700_000_000_000;

    [Params(AckPolicy.None, AckPolicy.Explicit, AckPolicy.All)]
    public AckPolicy Policy { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var name = new ConsumerRef(Namespace.Default, "c");
        _machine = new ConsumerMachine(new ConsumerSpec { Consumer = name, AckPolicy = Policy, AckWait = TimeSpan.FromSeconds(30) }, pendingMax: 1_000_000);
        _log = _machine.AddLog(Guid.NewGuid(), new TopicPartition(name.Namespace, TopicName.Parse("orders"), 0));
        _log.IsLive = _log.IsCounted = true;
        _member = _machine.Join(new ConsumerJoin { Consumer = name, Member = "m" });
    }

    [Benchmark(OperationsPerInvoke = Records)]
    public int PushHandOutAnswer()
    {
        _nowMs++;
        for (var i = 0; i < Records; i++)
            _machine.Push(_log, new ReadyRecord(_offset++, 0, 100, 0), Records);
        _member.AddCredit(Records, Records * 1000L);
        _machine.HandOut(_nowMs, _round, Records, int.MaxValue);
        var handed = _round.Count;
        if (Policy != AckPolicy.None)
        {
            foreach (var handout in _round)
                _machine.Answer(0, handout.Offset, handout.DeliveryCount, AckKind.Acknowledge, -1, 0, _nowMs);
        }
        _round.Clear();
        _machine.WriteMoves();
        _machine.Ops.MoveTo(_stored);
        _stored.Clear();
        return handed == Records ? handed : throw new InvalidOperationException($"{handed} of {Records} were handed out");
    }
}
