namespace RobustMQ.Storage.Client.Appends;

/// <summary>Appends in order, linked through themselves. An append stands in one list at most.</summary>
internal sealed class AppendList
{
    public PendingAppend? First { get; private set; }

    public PendingAppend? Last { get; private set; }

    public int Count { get; private set; }

    public bool IsEmpty => First is null;

    public void AddLast(PendingAppend append) => Insert(append, Last);

    public void AddFirst(PendingAppend append) => Insert(append, null);

    /// <summary>Puts an append where its id belongs.</summary>
    public void AddInOrder(PendingAppend append)
    {
        var after = Last;
        while (after is not null && after.Id > append.Id)
            after = after.Previous;
        Insert(append, after);
    }

    public void Remove(PendingAppend append)
    {
        if (append.Previous is null)
            First = append.Next;
        else
            append.Previous.Next = append.Next;
        if (append.Next is null)
            Last = append.Previous;
        else
            append.Next.Previous = append.Previous;
        append.Previous = append.Next = null;
        append.List = null;
        Count--;
    }

    private void Insert(PendingAppend append, PendingAppend? after)
    {
        append.List = this;
        append.Previous = after;
        append.Next = after is null ? First : after.Next;
        if (append.Next is null)
            Last = append;
        else
            append.Next.Previous = append;
        if (after is null)
            First = append;
        else
            after.Next = append;
        Count++;
    }
}
