using RobustMQ.Records;

namespace RobustMQ.Storage.Engines;

/// <summary>A log whose syncs the thread that asks for them can run.</summary>
internal interface ITurnedLog
{
    /// <summary>As <see cref="ILog.FlushAsync"/>; a sync that nobody runs yet is left in <paramref name="turn"/>, and the task does not complete before it was run.</summary>
    ValueTask FlushAsync(Durability level, SyncTurn turn);
}
