using RobustMQ.Records;

namespace RobustMQ.Nats.Gateway.Mq9;

/// <summary>The protocol's error texts, which clients compare, and the ones for what it has no words for.</summary>
internal static class Mq9Errors
{
    public const string MessageNotFound = "message not found";

    public const string NameCharacters = "name may only contain lowercase letters, digits, and dots";

    public const string NamePosition = "name must begin and end with a letter or digit and have no two dots in a row";

    public const string TooManyAgents = "the server holds as many agents as it may";

    public const string TooManyMailboxes = "the server holds as many mailboxes as it may";

    public static string NameLength => $"name must have 1 to {Mailboxes.MailAddress.LengthMax} characters";

    public static string Unrecognized(string subject) => $"unrecognized mq9 subject: {subject}";

    public static string MailboxExists(string address) => $"mailbox {address} already exists";

    public static string NoMailbox(string address) => $"mailbox {address} does not exist";

    public const string NoGroups = "groups are not served: the storage-node keeps no consumers";

    public static string NoGroup(string group) => group.Length == 0 ? "the default group does not exist" : $"group {group} does not exist";

    public static string NoAgent(string agent) => $"agent {agent} is not registered";

    public static string InvalidMessageId(string text) => $"invalid msg_id: {text}";

    public static string InvalidPayload(string verb, string reason) => $"invalid {verb} payload: {reason}";

    public static string InvalidHeader(string name, string reason) => $"invalid {name} header: {reason}";

    /// <summary>A call to the storage-node that failed.</summary>
    /// <param name="address">Of the mailbox that the call was about.</param>
    public static string Storage(ErrorCode error, string address) => error == ErrorCode.NotFound ? NoMailbox(address) : Storage(error);

    public static string Storage(ErrorCode error) => error switch
    {
        ErrorCode.TooLarge => "the message is larger than a mailbox takes",
        ErrorCode.LimitExceeded => "a limit of the server is reached",
        ErrorCode.Unavailable or ErrorCode.TimedOut or ErrorCode.NotLeader or ErrorCode.Cancelled => "the storage is not available, try again",
        ErrorCode.UnknownOutcome => "the storage was lost on the way: it may or may not have happened",
        ErrorCode.DiskFailure => "the storage cannot write",
        _ => $"the storage refused: {error}",
    };
}
