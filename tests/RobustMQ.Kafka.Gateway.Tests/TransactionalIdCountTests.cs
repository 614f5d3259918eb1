using RobustMQ.Kafka.Gateway.Transactions;
using RobustMQ.Records;

namespace RobustMQ.Kafka.Gateway.Tests;

/// <summary>How transactional ids are counted while some come and others are searched for.</summary>
public sealed class TransactionalIdCountTests
{
    private const int Slot = 3;
    private const int Max = 3;

    private static readonly Namespace Ns = Namespace.Default;

    private readonly TransactionalIds _ids = new(Max);

    public TransactionalIdCountTests() => Count("a");

    [Fact]
    public void There_is_room_for_as_many_as_there_may_be() => Assert.Equal(2, Room());

    [Fact]
    public void One_that_comes_while_its_slot_is_searched_counts_though_the_search_has_not_found_it()
    {
        using var search = _ids.Begin(Ns, Slot);
        Assert.True(_ids.TryAdd(Ns, Slot, "b"));
        _ids.Added(Ns, Slot, "b");
        Assert.True(search.End(Set("a")));
        Assert.Equal(1, Room());
    }

    [Fact]
    public void One_that_was_on_its_way_when_the_search_began_counts_too()
    {
        Assert.True(_ids.TryAdd(Ns, Slot, "b"));
        using var search = _ids.Begin(Ns, Slot);
        Assert.True(search.End(Set("a")));
        Assert.Equal(1, Room());
        _ids.Added(Ns, Slot, "b");
        Assert.Equal(1, Room());
    }

    [Fact]
    public void One_that_the_search_has_found_as_well_counts_once()
    {
        using var search = _ids.Begin(Ns, Slot);
        Assert.True(_ids.TryAdd(Ns, Slot, "b") && _ids.TryAdd(Ns, Slot, "c"));
        _ids.Added(Ns, Slot, "b");
        Assert.True(search.End(Set("a", "b", "c")));
        Assert.Equal(0, Room());
        // It was stored before the search came by, and that is told afterwards.
        _ids.Added(Ns, Slot, "c");
        Count("a", "b");
        Assert.Equal(1, Room());
    }

    [Fact]
    public void Of_two_searches_the_one_that_read_earlier_and_ends_later_misses_nothing()
    {
        using var early = _ids.Begin(Ns, Slot);
        Assert.True(_ids.TryAdd(Ns, Slot, "b"));
        Count("a", "b");
        Assert.True(early.End(Set("a")));
        Assert.Equal(1, Room());
        _ids.Added(Ns, Slot, "b");
        Assert.Equal(1, Room());
    }

    [Fact]
    public void What_was_not_stored_makes_room_again()
    {
        Assert.True(_ids.TryAdd(Ns, Slot, "b"));
        _ids.GivenUp(Ns, Slot, "b", mayBeStored: false);
        Assert.Equal(2, Room());
        Assert.True(_ids.IsCounted(Ns, Slot));
    }

    [Fact]
    public void One_that_many_bring_at_once_counts_once()
    {
        for (var time = 0; time < 5; time++)
            Assert.True(_ids.TryAdd(Ns, Slot, "b"));
        Assert.Equal(1, Room());
        _ids.GivenUp(Ns, Slot, "b", mayBeStored: false);
        _ids.Added(Ns, Slot, "b");
        for (var time = 0; time < 3; time++)
            _ids.GivenUp(Ns, Slot, "b", mayBeStored: false);
        Assert.Equal(1, Room());
    }

    [Fact]
    public void A_slot_of_which_nobody_knows_whether_an_id_was_stored_is_counted_again()
    {
        using var search = _ids.Begin(Ns, Slot);
        Assert.True(_ids.TryAdd(Ns, Slot, "b"));
        _ids.GivenUp(Ns, Slot, "b", mayBeStored: true);
        Assert.False(_ids.IsCounted(Ns, Slot));
        // It may have been stored behind this one.
        Assert.True(search.End(Set("a")));
        Assert.False(_ids.IsCounted(Ns, Slot));
        Count("a", "b");
        Assert.True(_ids.IsCounted(Ns, Slot));
        Assert.Equal(1, Room());
    }

    [Fact]
    public void Ids_that_were_removed_make_room_and_those_that_came_into_use_before_do_not()
    {
        Count("a", "b", "c");
        using var stale = _ids.Begin(Ns, Slot);
        using (var search = _ids.Begin(Ns, Slot))
            Assert.True(search.End(Set("a"), unused: 2, removed: 1));
        Assert.Equal(1, Room());
        // This one has read what is gone.
        Assert.False(stale.End(Set("a", "b", "c")));
        Assert.Equal(1, Room());
    }

    [Fact]
    public void A_slot_that_is_lost_counts_for_nothing_whatever_a_search_has_found_in_it()
    {
        using var search = _ids.Begin(Ns, Slot);
        Assert.True(_ids.TryAdd(Ns, Slot, "b"));
        _ids.Forget(Slot);
        Assert.False(search.End(Set("a")));
        _ids.Added(Ns, Slot, "b");
        Assert.False(_ids.IsCounted(Ns, Slot));
        Assert.Equal(3, Room());
    }

    [Fact]
    public void One_that_is_still_on_its_way_when_its_slot_comes_back_counts()
    {
        Assert.True(_ids.TryAdd(Ns, Slot, "b"));
        _ids.Forget(Slot);
        Count("a");
        _ids.Added(Ns, Slot, "b");
        Assert.Equal(1, Room());
    }

    private void Count(params string[] found)
    {
        using var search = _ids.Begin(Ns, Slot);
        Assert.True(search.End(Set(found)));
    }

    /// <summary>Ids that are taken until one is refused.</summary>
    private int Room()
    {
        var room = 0;
        for (; _ids.TryAdd(Ns, Slot + 1, $"room-{room}"); room++)
            Assert.True(room < 100);
        Assert.True(_ids.TakeRefused());
        for (var id = 0; id < room; id++)
            _ids.GivenUp(Ns, Slot + 1, $"room-{id}", mayBeStored: false);
        return room;
    }

    private static HashSet<string> Set(params string[] ids) => [.. ids];
}
