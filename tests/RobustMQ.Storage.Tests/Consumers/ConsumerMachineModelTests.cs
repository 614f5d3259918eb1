using CsCheck;
using RobustMQ.Records;
using RobustMQ.Records.Consumers;
using RobustMQ.Storage.Batches;
using RobustMQ.Storage.Consumers.Core;
using RobustMQ.Storage.Consumers.Journal;
using RobustMQ.Storage.Tests.Support;

namespace RobustMQ.Storage.Tests.Consumers;

/// <summary>Whatever is done to a consumer in whatever order, its machine decides as <see cref="ConsumerModel"/> says, also after crashes that lose what was not stored yet.</summary>
public sealed class ConsumerMachineModelTests
{
    private static readonly Gen<(int Kind, int A, int B)[]> Steps = Gen.Select(Gen.Int[0, 99], Gen.Int[0, 999], Gen.Int[0, 999]).Array[1, 150];

    [Theory]
    [InlineData(AckPolicy.Explicit, false)]
    [InlineData(AckPolicy.Explicit, true)]
    [InlineData(AckPolicy.All, false)]
    [InlineData(AckPolicy.All, true)]
    [InlineData(AckPolicy.None, false)]
    [InlineData(AckPolicy.None, true)]
    public void A_machine_decides_as_the_model_says(AckPolicy policy, bool byPriority) =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 4], Gen.Int[0, 1], Steps).Sample(
            (maxDeliver, maxPending, waits, steps) =>
            {
                var spec = new ConsumerSpec
                {
                    Consumer = new ConsumerRef(TestNode.Ns, "c"),
                    AckPolicy = policy,
                    PriorityOrder = byPriority,
                    MaxDeliver = maxDeliver,
                    MaxPending = maxPending * 3,
                    AckWait = TimeSpan.FromMilliseconds(waits * 50),
                };
                using var run = new Run(spec);
                foreach (var (kind, a, b) in steps)
                    run.Step(kind, a, b);
                run.Finish();
            },
            iter: 400);

    /// <summary>With records that expire, a limit to what waits, and copies of what is given up, which are stored later or not at the first try.</summary>
    [Theory]
    [InlineData(AckPolicy.Explicit, false, true)]
    [InlineData(AckPolicy.Explicit, true, true)]
    [InlineData(AckPolicy.Explicit, false, false)]
    [InlineData(AckPolicy.All, false, true)]
    [InlineData(AckPolicy.All, true, true)]
    [InlineData(AckPolicy.All, false, false)]
    [InlineData(AckPolicy.None, true, true)]
    [InlineData(AckPolicy.None, false, false)]
    public void A_machine_gives_up_what_the_model_says(AckPolicy policy, bool byPriority, bool keepsDead) =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 2], Gen.Int[0, 1], Gen.Int[0, 8], Steps).Sample(
            (maxDeliver, maxPending, waits, backlog, steps) =>
            {
                var spec = new ConsumerSpec
                {
                    Consumer = new ConsumerRef(TestNode.Ns, "c"),
                    AckPolicy = policy,
                    PriorityOrder = byPriority,
                    MaxDeliver = maxDeliver,
                    MaxPending = maxPending * 3,
                    AckWait = TimeSpan.FromMilliseconds(waits * 50),
                    DeadLetter = keepsDead ? new DeadLetterPolicy() : null,
                    Backlog = backlog == 0 ? null : new BacklogLimit { MaxRecords = backlog, Overflow = BacklogOverflow.DropOldest },
                };
                using var run = new Run(spec) { Expires = true };
                foreach (var (kind, a, b) in steps)
                    run.Step(kind, a, b);
                run.Finish();
            },
            iter: 400);

    /// <summary>With fetches that wait while members come and go, leases, back-off, pauses and resets.</summary>
    [Theory]
    [InlineData(AckPolicy.Explicit, false, MemberPolicy.Shared)]
    [InlineData(AckPolicy.Explicit, true, MemberPolicy.Shared)]
    [InlineData(AckPolicy.Explicit, true, MemberPolicy.SingleActive)]
    [InlineData(AckPolicy.All, false, MemberPolicy.Shared)]
    [InlineData(AckPolicy.All, true, MemberPolicy.Shared)]
    [InlineData(AckPolicy.All, true, MemberPolicy.SingleActive)]
    [InlineData(AckPolicy.None, true, MemberPolicy.Shared)]
    public void Fetches_get_what_the_model_says(AckPolicy policy, bool byPriority, MemberPolicy members) =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 2], Gen.Int[0, 2], Gen.Int[0, 1], Steps).Sample(
            (maxDeliver, maxPending, waits, keepsDead, steps) =>
            {
                var spec = new ConsumerSpec
                {
                    Consumer = new ConsumerRef(TestNode.Ns, "c"),
                    AckPolicy = policy,
                    PriorityOrder = byPriority,
                    Members = members,
                    MaxDeliver = maxDeliver,
                    MaxPending = maxPending * 3,
                    AckWait = TimeSpan.FromMilliseconds(waits * 50 % 100),
                    BackOff = waits == 2 ? [TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(90)] : [],
                    DeadLetter = keepsDead == 1 ? new DeadLetterPolicy() : null,
                };
                using var run = new Run(spec) { Expires = true, Fetches = true };
                foreach (var (kind, a, b) in steps)
                    run.Step(kind, a, b);
                run.Finish();
            },
            iter: 400);

    private sealed class Run : IDisposable
    {
        private const int ReadyMax = 20;

        private readonly ConsumerSpec _spec;
        private readonly PooledBytes _stored = new();
        private readonly List<byte[]> _ops = [];
        private readonly Dictionary<int, MemberSlot> _slots = [];
        private readonly List<Handout> _round = [];
        private ConsumerMachine _machine;
        private LogProgress _log;
        private ConsumerModel _model;
        private ConsumerModel _storedModel;
        private long _nowMs = 1_000;

        public Run(ConsumerSpec spec)
        {
            _spec = spec;
            _machine = new ConsumerMachine(spec, pendingMax: 1_000_000);
            _log = _machine.AddLog(Guid.NewGuid(), TestNode.Log("t"));
            _log.IsLive = _log.IsCounted = true;
            _model = new ConsumerModel(spec);
            _storedModel = _model.Restarted();
            Store(asSnapshot: true);
        }

        /// <summary>Every other record has an end.</summary>
        public bool Expires { get; init; }

        /// <summary>Fetches, pauses and resets happen too.</summary>
        public bool Fetches { get; init; }

        public void Step(int kind, int a, int b)
        {
            switch (kind)
            {
                case < 20:
                    Append((byte)(a % 3), Expires && b % 2 == 0 ? _nowMs + (b % 150) : 0);
                    break;
                case < 26:
                    Join(a % 3, b % 10);
                    break;
                case < 30:
                    Leave(a % 3);
                    break;
                case < 35 when Fetches:
                    Fetch(a, b);
                    break;
                case < 40 when _slots.TryGetValue(a % 3, out var slot):
                    slot.AddCredit(b % 5, 0);
                    break;
                case < 75:
                    Answer((AckKind)(kind % 5), a, b);
                    break;
                case < 85:
                    _nowMs += a % 70;
                    break;
                case < 95:
                    Store(asSnapshot: a % 3 == 0);
                    break;
                case < 97:
                    Crash();
                    break;
                case < 99:
                    Bury(isStored: a % 3 > 0);
                    break;
                default:
                    if (Fetches && b % 3 == 0)
                        Reset(a % (_model.Records.Count + 1));
                    else if (Fetches)
                        _machine.Spec = _machine.Spec with { PausedUntilMs = _nowMs + (a % 100) };
                    break;
            }
            HandOut();
        }

        /// <summary>With nobody answering any more, everything comes that should.</summary>
        public void Finish()
        {
            // What came back with them would wait for them.
            Leave(1);
            Leave(2);
            foreach (var fetch in _machine.Members.Fetches.ToArray())
                _machine.EndFetch(fetch);
            Join(0, 1_000);
            for (var i = 0; i < 500 && (_model.Outstanding > 0 || _model.Waiting > 0); i++)
            {
                if (_model.Out.LastOrDefault() is { } last)
                    Answer(last, AckKind.Acknowledge, 0);
                _nowMs += 100;
                HandOut();
            }
            Bury(isStored: true);
            Assert.DoesNotContain(_model.Records, static record => record.State != ModelState.Done);
            Assert.Equal((0, 0), (_model.Outstanding, _model.Waiting));
            Assert.True(_machine.Waiting == 0 && _machine.Outstanding == 0 && _log.Pending.Count == 0);
        }

        public void Dispose() => _stored.Dispose();

        private void Append(byte priority, long expiresMs)
        {
            var offset = _model.Records.Count;
            _model.Append(priority, expiresMs);
            _machine.Push(_log, new ReadyRecord(offset, expiresMs, 10, priority), ReadyMax);
        }

        /// <summary>Stores the copies of what is dying, or fails to.</summary>
        private void Bury(bool isStored)
        {
            var dying = _machine.Dying.ToArray();
            _machine.Dying.Clear();
            foreach (var key in dying)
            {
                // It was forgotten with everything else.
                if (!_log.Pending.TryGetValue(key.Offset, out var record) || record.State != PendingState.Dying)
                    continue;
                if (isStored)
                {
                    _model.Bury(key.Offset, record.Death);
                    _machine.Buried(key);
                }
                else
                {
                    _machine.NotBuried(key);
                }
            }
        }

        private void Join(int member, int credit)
        {
            var earlier = _slots.GetValueOrDefault(member);
            _slots[member] = _machine.Join(new ConsumerJoin { Consumer = _spec.Consumer, Member = $"m{member}", CreditRecords = credit });
            if (earlier is not null)
                _model.Return(earlier.Id, _slots[member].Id);
        }

        private void Leave(int member)
        {
            if (!_slots.Remove(member, out var slot))
                return;
            _machine.Leave(slot, isLost: false, _nowMs);
            _model.Leave(slot.Id);
        }

        /// <summary>For a member, or for nobody; with a lease, or for as long as the consumer says.</summary>
        private void Fetch(int a, int b)
        {
            var member = a % 4 == 3 ? null : _slots.GetValueOrDefault(a % 4);
            // As who calls it does: not for one that is not served, not beside one that is to be alone.
            if (member is { IsActive: false } || (member is null && _slots.Count > 0 && _spec.Members != MemberPolicy.Shared))
                return;
            if (member is null)
                _model.ReturnUnowned();
            var request = new FetchRequest
            {
                Consumer = _spec.Consumer,
                MaxRecords = 1 + (b % 4),
                MaxWait = TimeSpan.FromMilliseconds(b % 3 * 40),
                AckWait = b % 2 == 0 ? null : TimeSpan.FromMilliseconds(b % 5 * 20),
            };
            _machine.BeginFetch(request, member, _nowMs);
        }

        private void Reset(long position)
        {
            _machine.Restart(_log, position);
            _model.Reset(position);
        }

        private void Answer(AckKind kind, int a, int b)
        {
            var records = _model.Out.ToList();
            if (records.Count == 0)
                return;
            var record = records[a % records.Count];
            // To an earlier delivery: it changes nothing.
            _machine.Answer(_log.Index, record.Offset, record.Count + 1, kind, 0, 0, _nowMs);
            Answer(record, kind, b % 4 == 0 ? b % 60 : b % 4 == 1 ? -1 : 0);
        }

        private void Answer(ModelRecord record, AckKind kind, long delayMs)
        {
            _machine.Answer(_log.Index, record.Offset, record.Count, kind, delayMs, 0, _nowMs);
            _model.Answer(record, kind, delayMs, _nowMs);
        }

        private void HandOut()
        {
            Fill();
            _machine.Tick(_nowMs);
            _model.Tick(_nowMs);
            while (HandOutRound())
            {
            }
            if (!_machine.IsPaused(_nowMs) && Receivers().Any())
                Assert.Null(_model.Next(MembersThatMayGet()));
            EndFetches();
            Assert.True(
                (_model.Outstanding, _model.Waiting) == (_machine.Outstanding, _machine.Waiting),
                $"out {_machine.Outstanding}, waiting {_machine.Waiting} of {_log.Unhanded} new, pending {string.Join(' ', _log.Pending.Select(one => $"{one.Key}:{one.Value.State}:{one.Value.DeliveryCount}"))}; "
                + $"expected {string.Join(' ', _model.Records.Where(static record => record.State != ModelState.Done))}");
            Assert.Equal(
                _model.Records.Where(static record => record.State == ModelState.Dying).Select(static record => record.Offset),
                _log.Pending.Where(static one => one.Value.State == PendingState.Dying).Select(static one => one.Key).Order());
        }

        /// <returns>Something turned out to be expired: there is room for more.</returns>
        private bool HandOutRound()
        {
            _round.Clear();
            var receivers = Receivers().ToDictionary(static slot => slot.Id);
            var credit = receivers.ToDictionary(static pair => pair.Key, static pair => pair.Value.CreditRecords);
            _machine.HandOut(_nowMs, _round, int.MaxValue, int.MaxValue);
            var members = _machine.Members.Members.ToArray().Select(static slot => slot.Id)
                .Where(id => receivers.Values.Any(receiver => (receiver.Id == id || receiver.Owner == id) && credit[receiver.Id] > 0));
            foreach (var handout in _round)
            {
                var expected = _model.Next(members);
                var receiver = receivers[handout.Slot];
                // Fetches come first, except where it is a member's own.
                Assert.True(receiver.IsFetch || expected?.Owner == receiver.Id || !receivers.Values.Any(other => other.IsFetch && credit[other.Id] > 0));
                credit[handout.Slot]--;
                Assert.Equal((expected?.Offset, expected?.Count + 1), (handout.Offset, handout.DeliveryCount));
                Assert.True(credit[handout.Slot] >= 0);
                var waitMs = receiver.AckWaitMs >= 0 ? receiver.AckWaitMs : (long)_spec.AckWait.TotalMilliseconds;
                _model.HandOut(expected!, receiver.IsFetch ? receiver.Owner : receiver.Id, waitMs, _nowMs);
            }
            var expired = _round.Where(handout => _model.Records[(int)handout.Offset].IsExpired(_nowMs)).ToList();
            foreach (var handout in expired)
            {
                _machine.Expired(handout);
                _model.Expire(_model.Records[(int)handout.Offset]);
            }
            return expired.Count > 0;
        }

        /// <summary>Who may get something: members that are served and fetches, with credit. A fetch for one that is gone is none.</summary>
        private IEnumerable<MemberSlot> Receivers()
        {
            var active = _slots.Values.Where(static slot => slot.IsActive).ToList();
            var isFree = _slots.Count == 0 || _spec.Members == MemberPolicy.Shared;
            return active.Concat(_machine.Members.Fetches.ToArray().Where(fetch => fetch.Owner == MemberSlot.Nobody ? isFree : active.Exists(slot => slot.Id == fetch.Owner)))
                .Where(static slot => slot.CreditRecords > 0);
        }

        private IEnumerable<int> MembersThatMayGet() =>
            _machine.Members.Members.ToArray().Select(static slot => slot.Id).Where(id => Receivers().Any(receiver => receiver.Id == id || receiver.Owner == id));

        /// <summary>Over are those that got something, that waited long enough, or that nothing can come to any more. No other.</summary>
        private void EndFetches()
        {
            var served = Receivers().Where(static slot => slot.IsFetch).ToList();
            _machine.EndFetches(_nowMs, nothingMore: true);
            Assert.All(_machine.EndedFetches, fetch => Assert.True(fetch.Got > 0 || fetch.EndsMs <= _nowMs || !served.Contains(fetch)));
            Assert.All(_machine.Members.Fetches.ToArray(), fetch => Assert.True(fetch.Got == 0 && fetch.EndsMs > _nowMs && served.Contains(fetch)));
            _machine.EndedFetches.Clear();
        }

        /// <summary>Reads the log on, as its owner does.</summary>
        private void Fill()
        {
            if (_log.IsLive)
                return;
            foreach (var record in _model.Records.Where(record => record.Offset >= _log.KnownTo).ToList())
            {
                if (!_machine.Fill(_log, new ReadyRecord(record.Offset, record.ExpiresMs, 10, record.Priority), int.MaxValue))
                    return;
            }
            _log.FilledTo(_model.Records.Count);
            Assert.True(_log.GoLive(_model.Records.Count));
        }

        private void Store(bool asSnapshot)
        {
            _machine.WriteMoves();
            if (asSnapshot || _machine.NeedsSnapshot)
            {
                _machine.NeedsSnapshot = false;
                _machine.Ops.Clear();
                _stored.Clear();
                _ops.Clear();
                ConsumerSnapshot.Write(_stored, _machine, 1, 1);
            }
            else if (!_machine.Ops.IsEmpty)
            {
                using var bytes = new PooledBytes();
                _machine.Ops.MoveTo(bytes);
                _ops.Add(bytes.Span.ToArray());
            }
            _model.Settle();
            _storedModel = _model.Restarted();
        }

        private void Crash()
        {
            (_machine, _, _) = ConsumerSnapshot.Read(_stored.Span, pendingMax: 1_000_000);
            foreach (var ops in _ops)
                ConsumerSnapshot.Replay(ops, _machine);
            _machine.Loaded();
            _log = _machine.Logs[0];
            _slots.Clear();
            _storedModel.AppendAll(_model.Records);
            _model = _storedModel.Restarted();
            Fill();
        }
    }
}
