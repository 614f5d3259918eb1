namespace RobustMQ.Storage.Engines;

/// <summary>A sync that serves everybody who has gathered for it. Somebody has been asked to run it, exactly once.</summary>
internal interface ISharedSync
{
    /// <summary>Runs it on the calling thread.</summary>
    /// <param name="isGuest">The thread has other duties: what gathered meanwhile is synced by another one.</param>
    void Run(bool isGuest);

    /// <summary>Runs it on a thread of the pool.</summary>
    void RunElsewhere();
}
