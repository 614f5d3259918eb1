using System.Runtime.ExceptionServices;

namespace RobustMQ.Bench;

/// <summary>
/// One side of a load on a thread of its own, since it blocks wherever a socket or the other side makes it wait. What it fails with is thrown where it is joined instead of ending the process.
/// </summary>
internal sealed class LoadThread
{
    private readonly Thread _thread;
    private ExceptionDispatchInfo? _failure;

    private LoadThread(Action run) => _thread = new Thread(() => Run(run)) { IsBackground = true };

    public static LoadThread Start(Action run)
    {
        var thread = new LoadThread(run);
        thread._thread.Start();
        return thread;
    }

    /// <summary>Waits for its end.</summary>
    public void Join()
    {
        _thread.Join();
        _failure?.Throw();
    }

    private void Run(Action run)
    {
        try
        {
            run();
        }
        catch (Exception failure)
        {
            _failure = ExceptionDispatchInfo.Capture(failure);
        }
    }
}
