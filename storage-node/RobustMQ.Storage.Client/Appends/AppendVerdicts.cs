using RobustMQ.Records;
using RobustMQ.Records.Logs;

namespace RobustMQ.Storage.Client.Appends;

/// <summary>Reads answers. Pure.</summary>
internal static class AppendVerdicts
{
    public static AppendVerdict Of(PendingAppend append, ErrorCode error) =>
        error switch
        {
            ErrorCode.None => AppendVerdict.Stored,
            ErrorCode.NotLeader => AppendVerdict.NotNow,
            ErrorCode.Unavailable when append.IsRepeatable => AppendVerdict.NotNow,
            ErrorCode.UnknownOutcome when append.IsRepeatable => AppendVerdict.Unknown,
            ErrorCode.OutOfSequence when append.IsNumbered => AppendVerdict.WrongNumber,
            ErrorCode.Fenced when append.IsNumbered => AppendVerdict.WrongProducer,
            _ => AppendVerdict.Failed,
        };

    /// <summary>A repeat that this client made is no duplicate to its caller, who appended once. A repeated message id is.</summary>
    public static AppendResult AsCallerSees(PendingAppend append, in AppendResult result) =>
        result.IsDuplicate && append.IsNumbered && append.Request.Conditions?.MessageId is null
            ? result with { IsDuplicate = false }
            : result;
}
