using RobustMQ.Records;
using RobustMQ.Records.Nodes;
using RobustMQ.Storage.Metadata;
using RobustMQ.Storage.Producers;
using ProducerState = RobustMQ.Storage.Producers.ProducerState;

namespace RobustMQ.Storage.Tests.Producers;

public class ProducerStateTests
{
    [Fact]
    public void No_epoch_is_given_twice_and_what_is_remembered_has_an_end()
    {
        var state = new ProducerState { LastId = 2L * ProducerState.RaisedMax };
        var changes = new MetadataChanges();
        var given = new HashSet<(long, short)>();
        for (var id = 1; id <= ProducerState.RaisedMax + 10; id++)
        {
            var raised = Ask(id);
            Assert.Equal(id <= ProducerState.RaisedMax ? (id, (short)1) : (state.LastId, (short)0), raised);
            Assert.True(given.Add(raised));
        }
        Assert.Equal(ProducerState.RaisedMax, changes.Entries.Count);
        Assert.Equal((7, (short)2), Ask(7));

        (long, short) Ask(long id)
        {
            var result = state.Apply(new AllocateProducer(id), changes);
            Assert.Equal(ErrorCode.None, result.Error);
            var identity = (ProducerIdentity)result.Value!;
            return (identity.ProducerId, identity.Epoch);
        }
    }
}
