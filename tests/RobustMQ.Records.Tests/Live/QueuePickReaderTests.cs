using RobustMQ.Records.Live;

namespace RobustMQ.Records.Tests.Live;

public sealed class QueuePickReaderTests
{
    [Fact]
    public void Each_record_gets_its_own_picks_and_most_get_none()
    {
        var picks = new QueuePickReader([Pick(1, "a"), Pick(1, "b"), Pick(3, "c")]);

        Assert.Equal(0, picks.Take(0).Length);
        Assert.Equal([Pick(1, "a"), Pick(1, "b")], picks.Take(1).ToArray());
        Assert.Equal(0, picks.Take(2).Length);
        Assert.Equal([Pick(3, "c")], picks.Take(3).ToArray());
        Assert.Equal(0, picks.Take(4).Length);
    }

    [Fact]
    public void A_pick_of_no_record_does_not_hold_up_those_behind_it()
    {
        var picks = new QueuePickReader([Pick(-1, "nowhere"), Pick(2, "a")]);

        Assert.Equal([Pick(2, "a")], picks.Take(2).ToArray());
    }

    private static QueuePick Pick(int record, string queue) => new(record, queue, new SubscriberId(1));
}
